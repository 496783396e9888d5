/*
 * DIR/airlock.conf: "name = value" a line, # comments. It is read whole and refused whole: every
 * line that is wrong is told with its number, and so is what does not go together. The table in
 * settings_list.c is all there is to know about a setting: its name, how it is read, and what
 * `init` writes about it; a new setting is one entry there and a field here.
 */
#ifndef AIRLOCK_WATCHER_SETTINGS_H
#define AIRLOCK_WATCHER_SETTINGS_H

#include "watcher/watcher.h"

#define SETTINGS_NAME "airlock.conf"
#define SETTINGS_MAX 65536
#define SETTINGS_COUNT_MAX 128
#define PROBLEM_MAX 480

/* How to reach one monerod. Holds a password: wiped with the settings. */
struct node_settings {
	char url[512];
	char user[128], password[128];
	char login_file[512]; /* "" or where user and password were read from */
	char tls_pin[128], tls_ca[512], proxy[256];
	bool without_tls, without_login; /* forced by name */
	unsigned line;                   /* of a witness */
};

struct settings {
	struct node_settings node;
	size_t n_witnesses;
	struct node_settings witness[WITNESSES_MAX];
	char broadcast_node[512], broadcast_proxy[256]; /* "": as the node */
	bool broadcast_without_tls;
	struct watcher_config rules;
	char webhook_ca[512];
	char metrics[128]; /* "": none */
	bool metrics_balances;
	char sweep_folder[512];
	unsigned line[SETTINGS_COUNT_MAX]; /* where each of SETTINGS stands, 0 nowhere */
	unsigned reading;                  /* the line that is read */
};

/*
 * How a setting's value becomes a field. SET_OTHER calls `read`, which may write into `value`; the
 * others read into the field at `at`: a text of at most `size` - 1 characters, the path of a file
 * of certificates, a bool from yes or no, a uint64_t of least to most times unit, or an amount in
 * XMR.
 */
enum setting_kind { SET_OTHER, SET_TEXT, SET_FILE, SET_FLAG, SET_NUMBER, SET_AMOUNT };
struct setting {
	const char *name; /* NULL: `about` heads a section of the file that `init` writes */
	const char *example;
	const char *about; /* comment lines, without the # */
	enum setting_kind kind;
	bool repeats; /* may stand on more lines than one */
	size_t at, size;
	uint64_t least, most, unit;
	enum err (*read)(struct settings *s, char *value);
};
extern const struct setting SETTINGS[];
extern const size_t SETTING_COUNT;

/*
 * What is wrong: each is told with its line (0: of none), which the text does not repeat. No text
 * holds a value that may be a secret, nor what may be one in the wrong place.
 */
struct problems {
	void (*told)(void *ctx, unsigned line, const char *what); /* may be NULL; borrows what */
	void *ctx;
	unsigned n;
	unsigned first_line;
	char first[PROBLEM_MAX];
};
void problem_tell(struct problems *p, unsigned line, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* ERR_CONFIG when there was any, with the first and the number of the others as the detail. */
enum err MUST_CHECK problems_verdict(const struct problems *p);

/* Whether it can be read and holds certificates. The detail says what is wrong with it. */
enum err MUST_CHECK certificates_check(const char *path);

/* Reads DIR/airlock.conf and the files it names. On an error *out is zero. settings_wipe. */
enum err MUST_CHECK settings_read(struct settings *out, const char *dir, struct problems *p);
/* The same from a text of n bytes and a NUL, which is written into. */
enum err MUST_CHECK settings_parse(struct settings *out, char *text, size_t n, struct problems *p);
void settings_wipe(struct settings *s);

/* What does not go together although each line is right; part of reading. */
void settings_agree(const struct settings *s, struct problems *p);
/* What does not go with this watcher's account: the vault's network. */
enum err MUST_CHECK settings_fit(const struct settings *s, const struct account_view *account,
				 struct problems *p);
/* Folders that are not there now. They may come and go while `run` runs. */
enum err MUST_CHECK settings_folders(const struct settings *s, struct problems *p);

/* Writes a new one with a comment on each setting. ERR_EXISTS. */
enum err MUST_CHECK settings_write_new(const char *dir, const char *node, bool insecure_node);

#endif

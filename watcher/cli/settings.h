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

/* How to reach one monerod. Holds a password: wiped with the settings. */
struct node_settings {
	char url[512];
	char user[128], password[128];
	char login_file[512]; /* "" or where user and password were read from */
	char tls_pin[128], tls_ca[512], proxy[256];
	bool without_tls, without_login; /* forced by name */
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
};

/*
 * How a setting's value becomes a field. SET_OTHER calls `read`, which may write into `value`; the
 * others read into the field at `at`: a text of at most `size` - 1 characters, a bool from yes or
 * no, a uint64_t of least to most times unit, an amount in XMR, or the path of a file.
 */
enum setting_kind { SET_OTHER, SET_TEXT, SET_FLAG, SET_NUMBER, SET_AMOUNT };
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

/* What does not go together although each line is right. ERR_CONFIG. */
enum err MUST_CHECK settings_agree(const struct settings *s);

/* Told of each wrong line (0: of none); the texts are borrowed. */
typedef void settings_problem(void *ctx, unsigned line, const char *what);

/*
 * Reads DIR/airlock.conf and the files it names. ERR_CONFIG when there was any problem, with the
 * first one and the number of the others as the detail; `problem` (may be NULL) is told of all.
 * *out is zero then. Wipe with settings_wipe.
 */
enum err MUST_CHECK settings_read(struct settings *out, const char *dir, settings_problem *problem,
				  void *ctx);
/* The same from a text, which is written into; for settings_read and tests. */
enum err MUST_CHECK settings_parse(struct settings *out, char *text, settings_problem *problem,
				   void *ctx);
void settings_wipe(struct settings *s);

/* Writes a new one with a comment on each setting. ERR_EXISTS. */
enum err MUST_CHECK settings_write_new(const char *dir, const char *node, bool insecure_node);

#endif

/*
 * The command line: options read once, one function a command, errors printed once, at the end. A
 * command returns an error whose category is the exit code.
 */
#ifndef AIRLOCK_SIGNER_CLI_H
#define AIRLOCK_SIGNER_CLI_H

#include "common/optical/light.h"
#include "signer/sandbox/sandbox.h"
#include "signer/session/env.h"
#include "signer/session/session.h"
#include "signer/vault/vault.h"

#define CLI_OUTPUT_MAX (512u << 20) /* a long journal, as text */
#define CLI_ARGS_MAX 8

struct options {
	const char *vault; /* folder */
	const char *out;
	const char *scan; /* codes as text: "-" */
	struct light light;
	const char *network;
	const char *birthday;
	const char *kdf;
	const char *identity; /* a fingerprint, or 64 hex digits */
	const char *after;
	const char *inbox, *outbox; /* folders */
	const char *kdf_ops;
	const char *kdf_memory;
	int passphrase_fd; /* -1: the terminal */
	int new_passphrase_fd;
	int words_fd;
	int words_out_fd;
	int offset_fd;
	int confirm_fd;
	bool restore;
	bool yes;
	bool diff;
	bool cbor;
	bool once;
	bool json;
	bool help;
	size_t n_approvals;
	const char *approvals[APPROVALS_MAX]; /* files */
	size_t n_args;                        /* after the command's own words */
	const char *args[CLI_ARGS_MAX];
};

/* An open vault with its store: what most commands work on. */
struct opened {
	struct vault *vault;
	struct db *db;
	struct env env;
};

/* Reads the options anywhere on the line. ERR_USAGE naming the one that is wrong. */
enum err MUST_CHECK options_read(struct options *out, int argc, char **argv);
/*
 * The folders a command may write in: the vault's and those of the files it is to write. Where a
 * vault is to be made and its folder is not there, the folder above.
 */
enum err MUST_CHECK options_places(struct sandbox_places *out, const struct options *o);
/* Changes *kdf by the options that stand for a cost of Argon2id. ERR_USAGE. */
enum err MUST_CHECK options_kdf(struct vault_kdf *kdf, const struct options *o);
/* A decimal number. ERR_USAGE naming `what`. */
enum err MUST_CHECK option_number(uint64_t *out, const char *text, const char *what);
/* Exactly one argument, described by `what`. ERR_USAGE. */
enum err MUST_CHECK option_file(const char **out, const struct options *o, const char *what);
/* --out, --qr or --png, one of which the command needs. ERR_USAGE. */
enum err MUST_CHECK option_out(const struct options *o);

/* The message a command takes: its one argument, described by `what`, or by --scan. */
enum err MUST_CHECK message_read(struct buf *out, const struct options *o, const char *what,
				 size_t max);
/* The message a command makes: to --out, if it is there. */
enum err MUST_CHECK message_write(const struct options *o, const struct buf *message);
/*
 * The same by --qr and --png, if they are there, under a line that names it. It may stay on the
 * screen for long: whatever is secret is closed before.
 */
enum err MUST_CHECK message_show(const struct options *o, const char *title,
				 const struct buf *message);

/* Opens store and vault (asks for the passphrase). Close with opened_close, also after an error. */
enum err MUST_CHECK opened_open(struct opened *out, const struct options *o);
/* The store alone, for what needs no secret. */
enum err MUST_CHECK opened_store(struct db **out, const struct options *o);
void opened_close(struct opened *p);
/* Hooks that confirm on the terminal or --confirm-fd and lend the vault's spend key. */
struct cli_hooks {
	const struct options *options;
	const struct vault *vault;
	struct spend_key *spend;
};
struct session_hooks cli_hooks(struct cli_hooks *ctx);

/* Prints a buffer to standard output. */
enum err MUST_CHECK cli_print(const struct buf *b);

enum err MUST_CHECK cmd_init(const struct options *o);
enum err MUST_CHECK cmd_kit(const struct options *o);
enum err MUST_CHECK cmd_pair(const struct options *o);
enum err MUST_CHECK cmd_policy_show(const struct options *o);
enum err MUST_CHECK cmd_policy_set(const struct options *o);
enum err MUST_CHECK cmd_inspect(const struct options *o);
enum err MUST_CHECK cmd_sign(const struct options *o);
enum err MUST_CHECK cmd_key_images(const struct options *o);
enum err MUST_CHECK cmd_journal_show(const struct options *o);
enum err MUST_CHECK cmd_journal_export(const struct options *o);
enum err MUST_CHECK cmd_journal_verify(const struct options *o);
enum err MUST_CHECK cmd_catch_up(const struct options *o);
enum err MUST_CHECK cmd_clock_confirm(const struct options *o);
enum err MUST_CHECK cmd_serve(const struct options *o);
enum err MUST_CHECK cmd_status(const struct options *o);
enum err MUST_CHECK cmd_passphrase(const struct options *o);
enum err MUST_CHECK cmd_backup(const struct options *o);
enum err MUST_CHECK cmd_restore(const struct options *o);

#endif

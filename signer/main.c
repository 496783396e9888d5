/*
 * airlock-signer: the offline program. Protects itself first, then finds the command in one table;
 * an error is printed here, once, and its category is the exit code.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "signer/cli/cli.h"
#include "signer/sandbox/sandbox.h"

struct command {
	const char *words[2]; /* "policy", "set"; the second may be NULL */
	enum err (*run)(const struct options *o);
	const char *line; /* its arguments */
	const char *what; /* one sentence */
	const char *help; /* its own options */
};

#define HELP_APPROVAL                                                                              \
	"  --approval FILE      an approver's minisign signature of the request file\n"
#define HELP_LIGHT                                                                                 \
	"  --out FILE           writes it there\n"                                                 \
	"  --qr                 shows it as QR codes on the terminal; keys are named beside "      \
	"them\n"                                                                                   \
	"  --png FOLDER         makes pictures of the codes in a new folder\n"                     \
	"  --density N          bytes in a code (250)\n"                                           \
	"  --fps N              codes a second (5)\n"
#define HELP_SCAN                                                                                  \
	"  --scan -             reads QR codes as lines of text from standard input, as\n"         \
	"                       `airlock-scan --camera` (or `airlock-scan PICTURE...`) writes\n"   \
	"                       them, or a hand-held scanner types them\n"

static const struct command commands[] = {
    {{"init", NULL},
     cmd_init,
     "--network NAME --birthday HEIGHT [--restore]",
     "Makes a vault of fresh keys, or of 25 words.",
     "  --network NAME       mainnet, testnet or stagenet (regtest uses mainnet's addresses)\n"
     "  --birthday HEIGHT    nothing was received before this height\n"
     "  --restore            asks for 25 words\n"
     "  --words-fd N         reads the 25 words from descriptor N\n"
     "  --offset-fd N        reads the words' offset passphrase from descriptor N\n"
     "  --words-out-fd N     writes the words there, and asks for none of them back\n"
     "  --kdf-ops N          passes of Argon2id (6)\n"
     "  --kdf-memory MIB     its memory (256)\n"
     "  --kdf quick          no protection, for tests alone\n"},
    {{"kit", NULL},
     cmd_kit,
     "--out FILE | --qr | --png FOLDER",
     "Makes what a watcher needs. It holds the view key: destroy it once it is read.",
     HELP_LIGHT},
    {{"pair", NULL},
     cmd_pair,
     "FILE | --scan -",
     "Pins the watcher whose pairing message this is.",
     HELP_SCAN},
    {{"policy", "show"},
     cmd_policy_show,
     "[--diff]",
     "Shows the policy, and the change that waits.",
     "  --diff               shows only what the waiting change changes\n"},
    {{"policy", "set"},
     cmd_policy_set,
     "FILE",
     "Shows a policy file in sentences and sets it. What loosens waits for the cool-off.",
     "  --yes                asks nothing\n"
     "  --confirm-fd N       reads the word yes from descriptor N instead of the terminal\n"},
    {{"inspect", NULL},
     cmd_inspect,
     "FILE|--scan - [--approval FILE]...",
     "Shows a request and the policy's verdict.",
     HELP_SCAN HELP_APPROVAL},
    {{"sign", NULL},
     cmd_sign,
     "FILE|--scan - --out FILE|--qr|--png FOLDER [--approval FILE]...",
     "Shows a request, asks for its code, signs what the policy allows.",
     HELP_SCAN HELP_LIGHT HELP_APPROVAL
     "  --confirm-fd N       reads the code from descriptor N instead of the terminal\n"},
    {{"serve", NULL},
     cmd_serve,
     "--inbox DIR --outbox DIR [--once]",
     "Answers the requests in a folder, as far as the policy lets them go unattended, until\n"
     "SIGTERM. NAME becomes NAME.done, with NAME.reply in the outbox, or NAME.failed, with the\n"
     "reason beside it.",
     "  --once               answers what is there and ends\n"},
    {{"key-images", NULL},
     cmd_key_images,
     "FILE|--scan - --out FILE|--qr|--png FOLDER",
     "Answers a watcher's outputs file with their key images.",
     HELP_SCAN HELP_LIGHT},
    {{"journal", "show"}, cmd_journal_show, "", "Shows what was done.", ""},
    {{"journal", "export"},
     cmd_journal_export,
     "--out FILE [--cbor [--after N]]",
     "Writes every entry as a line of JSON, with the bytes that were hashed and signed.",
     "  --cbor               writes a message of type journal instead; asks for the passphrase\n"
     "  --after N            from entry N + 1 on, when one message does not hold all\n"},
    {{"journal", "verify"},
     cmd_journal_verify,
     "[FILE...] [--identity ID]",
     "Checks every link and signature, of the vault's journal or of exported files; those need\n"
     "neither vault nor passphrase. Says at which entry a chain breaks.",
     "  --identity ID        the signer's fingerprint, or its identity as 64 digits\n"},
    {{"catch-up", NULL},
     cmd_catch_up,
     "FILE...|--scan -",
     "Takes the entries that this disk has lost from the watcher's copy of the journal.",
     HELP_SCAN},
    {{"clock", "confirm"},
     cmd_clock_confirm,
     "",
     "Asks for today's date, after a rest so long that the clock is not believed by itself.",
     "  --confirm-fd N       reads the date from descriptor N instead of the terminal\n"},
    {{"status", NULL}, cmd_status, "", "Shows the vault, its watcher and what is spent.", ""},
    {{"passphrase", NULL},
     cmd_passphrase,
     "",
     "Changes the passphrase, and the cost of guessing it.",
     "  --new-passphrase-fd N  reads the new one from descriptor N, not the terminal\n"
     "  --kdf-ops N          passes of Argon2id; else as they are\n"
     "  --kdf-memory MIB     its memory; else as it is\n"},
    {{"backup", NULL},
     cmd_backup,
     "--out FILE",
     "Writes vault, journal and state to one sealed file, which the passphrase opens.",
     ""},
    {{"restore", NULL},
     cmd_restore,
     "FILE",
     "Makes a vault of a backup. Its journal may lack what was signed since.",
     ""},
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

static void usage(FILE *to)
{
	fputs("usage: airlock-signer --vault DIR COMMAND [OPTIONS]\n\n", to);
	for (size_t i = 0; i < N_COMMANDS; i++) {
		const struct command *c = &commands[i];
		fprintf(to, "  %s%s%s%s%s\n", c->words[0], c->words[1] ? " " : "",
			c->words[1] ? c->words[1] : "", c->line[0] ? " " : "", c->line);
	}
	fputs("\nEach command has --help. Exit codes: 0 done, 1 failed, 2 usage, 3 refused,\n"
	      "4 bad or foreign message.\n",
	      to);
}

static void help(const struct command *c)
{
	printf("usage: airlock-signer --vault DIR %s%s%s%s%s\n\n%s\n\n"
	       "  --vault DIR          the vault's folder\n"
	       "  --passphrase-fd N    reads the passphrase from descriptor N, not the terminal\n"
	       "  --json               prints JSON\n%s",
	       c->words[0], c->words[1] ? " " : "", c->words[1] ? c->words[1] : "",
	       c->line[0] ? " " : "", c->line, c->what, c->help);
}

/* Finds the command and takes its words off the arguments. */
static const struct command *find(struct options *o)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		const struct command *c = &commands[i];
		size_t n = c->words[1] ? 2 : 1;
		if (o->n_args >= n && strcmp(o->args[0], c->words[0]) == 0 &&
		    (n == 1 || strcmp(o->args[1], c->words[1]) == 0)) {
			o->n_args -= n;
			memmove(o->args, o->args + n, o->n_args * sizeof o->args[0]);
			return c;
		}
	}
	return NULL;
}

static enum err run(int argc, char **argv)
{
	struct options o;
	struct sandbox_places places;
	enum err rc = secret_start();
	if (rc == ERR_OK) {
		rc = options_read(&o, argc, argv);
	}
	if (rc == ERR_OK) {
		rc = options_places(&places, &o);
	}
	if (rc == ERR_OK) {
		rc = sandbox_enter(&places);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	if (!secret_memory_locked()) {
		fputs("airlock-signer: warning: memory cannot be locked, so secrets may be swapped "
		      "out; raise the limit (ulimit -l)\n",
		      stderr);
	}
	if (o.help && o.n_args == 0) {
		usage(stdout);
		return ERR_OK;
	}
	const struct command *c = find(&o);
	if (!c) {
		return err_set(ERR_USAGE, "no such command; see airlock-signer --help");
	}
	if (o.help) {
		help(c);
		return ERR_OK;
	}
	return c->run(&o);
}

int main(int argc, char **argv)
{
	char safe[600];
	enum err rc = run(argc, argv);
	if (rc != ERR_OK) {
		const char *detail = err_detail();
		text_safe(safe, sizeof safe, detail, strlen(detail));
		fprintf(stderr, "airlock-signer: %s: %s%s%s\n", err_name(rc), err_text(rc),
			detail[0] ? ": " : "", safe);
	}
	return err_exit_code(rc);
}

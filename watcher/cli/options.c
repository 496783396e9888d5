/* The command line as one struct: see cli.h. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watcher/cli/cli.h"

/* One a line, or the formatter pairs them by their number. */
/* clang-format off */
static const struct option OPTIONS[] = {
    {"data", required_argument, NULL, 'd'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {"json", no_argument, NULL, 'j'},
    {"kit", required_argument, NULL, 'k'},
    {"node", required_argument, NULL, 'n'},
    {"network", required_argument, NULL, 'w'},
    {"insecure-node", no_argument, NULL, 'x'},
    {"id", required_argument, NULL, 'i'},
    {"address", required_argument, NULL, 'a'},
    {"amount", required_argument, NULL, 'm'},
    {"reference", required_argument, NULL, 'r'},
    {"account", required_argument, NULL, 'c'},
    {"label", required_argument, NULL, 'l'},
    {"out", required_argument, NULL, 'o'},
    {"after", required_argument, NULL, 'f'},
    {"fee", required_argument, NULL, 'e'},
    {"never-left", no_argument, NULL, 't'},
    {"identity", required_argument, NULL, 'y'},
    {"qr", no_argument, NULL, 'Q'},
    {"png", required_argument, NULL, 'P'},
    {"density", required_argument, NULL, 'D'},
    {"fps", required_argument, NULL, 'R'},
    {"scan", required_argument, NULL, 'S'},
    {"priority", required_argument, NULL, 'p'},
    {"not-before", required_argument, NULL, 'b'},
    {"follow", no_argument, NULL, 'F'},
    {"url", required_argument, NULL, 'U'},
    {"key", required_argument, NULL, 'K'},
    {"allow", required_argument, NULL, 'A'},
    {"hours", required_argument, NULL, 'H'},
    {"expires", required_argument, NULL, 'E'},
    {"tolerance", required_argument, NULL, 'T'},
    {"refunds", no_argument, NULL, 'B'},
    {"outputs", required_argument, NULL, 'O'},
    {NULL, 0, NULL, 0},
};
/* clang-format on */

static const char **place(struct options *o, int letter)
{
	switch (letter) {
	case 'd':
		return &o->data;
	case 'k':
		return &o->kit;
	case 'n':
		return &o->node;
	case 'w':
		return &o->network;
	case 'i':
		return &o->id;
	case 'a':
		return &o->address;
	case 'm':
		return &o->amount;
	case 'r':
		return &o->reference;
	case 'c':
		return &o->account;
	case 'l':
		return &o->label;
	case 'o':
		return &o->out;
	case 'f':
		return &o->after;
	case 'E':
		return &o->expires;
	case 'T':
		return &o->tolerance;
	case 'e':
		return &o->fee;
	case 'y':
		return &o->identity;
	case 'P':
		return &o->light.png;
	case 'D':
		return &o->light.density;
	case 'R':
		return &o->light.fps;
	case 'S':
		return &o->scan;
	case 'p':
		return &o->priority;
	case 'b':
		return &o->not_before;
	case 'U':
		return &o->url;
	case 'K':
		return &o->key;
	case 'A':
		return &o->allow;
	case 'H':
		return &o->hours;
	case 'O':
		return &o->outputs;
	default:
		return NULL;
	}
}

static bool *flag(struct options *o, int letter)
{
	switch (letter) {
	case 'h':
		return &o->help;
	case 'j':
		return &o->json;
	case 'x':
		return &o->insecure_node;
	case 't':
		return &o->never_left;
	case 'F':
		return &o->follow;
	case 'Q':
		return &o->light.qr;
	case 'B':
		return &o->refunds;
	default:
		return NULL;
	}
}

static const char *long_name(int letter)
{
	for (const struct option *p = OPTIONS; p->name; p++) {
		if (p->val == letter) {
			return p->name;
		}
	}
	return "?";
}

/* The command that the first words name; *words says how many. */
static const struct command *find(const struct command *table, size_t n, int words, char **word,
				  int *used)
{
	for (size_t i = 0; i < n; i++) {
		char both[64];
		if (words >= 1 && strcmp(table[i].name, word[0]) == 0) {
			*used = 1;
			return &table[i];
		}
		if (words >= 2) {
			snprintf(both, sizeof both, "%s %s", word[0], word[1]);
			if (strcmp(table[i].name, both) == 0) {
				*used = 2;
				return &table[i];
			}
		}
	}
	return NULL;
}

static enum err read_all(struct options *out, char *letters, int argc, char **argv)
{
	int letter;
	size_t n = 0;
	opterr = 0;
	optind = 0;
	while ((letter = getopt_long(argc, argv, ":", OPTIONS, NULL)) != -1) {
		const char **text = place(out, letter);
		bool *set = flag(out, letter);
		if (letter == 'v') {
			puts("airlock-watcher " AIRLOCK_VERSION);
			exit(0);
		}
		if (letter == ':') {
			return err_set(ERR_USAGE, "%s needs a value", argv[optind - 1]);
		}
		if (!text && !set) {
			return err_set(ERR_USAGE, "unknown option %s; try --help",
				       argv[optind - 1]);
		}
		if (text) {
			*text = optarg;
		} else {
			*set = true;
		}
		if (letter != 'd' && letter != 'h' && n < 62) {
			letters[n++] = (char)letter;
		}
	}
	letters[n] = '\0';
	return ERR_OK;
}

enum err options_read(struct options *out, const struct command **command,
		      const struct command *table, size_t n, int argc, char **argv)
{
	char letters[64];
	int used = 0;
	*out = (struct options){0};
	*command = NULL;
	enum err rc = read_all(out, letters, argc, argv);
	if (rc != ERR_OK) {
		return rc;
	}
	const struct command *c = find(table, n, argc - optind, argv + optind, &used);
	if (!c) {
		return out->help ? ERR_OK
		       : optind == argc
			   ? err_set(ERR_USAGE, "a command is missing; try --help")
			   : err_set(ERR_USAGE, "no command \"%s\"; try --help", argv[optind]);
	}
	*command = c;
	if (out->help) {
		return ERR_OK;
	}
	for (const char *p = letters; *p; p++) {
		if (!strchr(c->accepts, *p)) {
			return err_set(ERR_USAGE, "%s has no option --%s", c->name, long_name(*p));
		}
	}
	size_t args = (size_t)(argc - optind - used);
	/* What --scan brings is the file of a command that takes one. */
	size_t wanted = c->args - (out->scan && c->args ? 1 : 0);
	if (args != wanted) {
		return err_set(ERR_USAGE, "usage: airlock-watcher --data DIR %s %s", c->name,
			       c->usage);
	}
	for (size_t i = 0; i < args; i++) {
		out->args[out->n_args++] = argv[optind + used + (int)i];
	}
	if (!out->data || !*out->data) {
		return err_set(ERR_USAGE, "--data DIR is missing");
	}
	return ERR_OK;
}

void options_help(const struct command *c)
{
	printf("usage: airlock-watcher --data DIR %s%s%s\n\n%s\n", c->name, c->usage[0] ? " " : "",
	       c->usage, c->about);
	if (strchr(c->accepts, 'Q')) {
		puts(
		    "\n  --qr          shows it as QR codes on the terminal; keys are named beside "
		    "them\n"
		    "  --png FOLDER  makes pictures of the codes in a new folder\n"
		    "  --density N   bytes in a code (250)\n"
		    "  --fps N       codes a second (5)");
	}
	if (strchr(c->accepts, 'S')) {
		puts("\n  --scan WHERE  reads QR codes: `camera`, a picture (PNG), a folder of "
		     "pictures, or `-`\n"
		     "                for lines of text from standard input");
	}
}

enum err option_number(uint64_t *out, const char *text, uint64_t most, const char *what)
{
	uint64_t v = 0;
	size_t n = strlen(text);
	bool good = n > 0 && n < 20 && strspn(text, "0123456789") == n;
	for (size_t i = 0; good && i < n; i++) {
		v = 10 * v + (uint64_t)(text[i] - '0');
	}
	if (!good || v > most) {
		*out = 0;
		return err_set(ERR_USAGE, "%s is a number up to %llu", what,
			       (unsigned long long)most);
	}
	*out = v;
	return ERR_OK;
}

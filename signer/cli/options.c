/* The options of every command in one table; they may stand anywhere on the line. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "signer/cli/cli.h"

enum letter {
	OPT_VAULT = 256,
	OPT_OUT,
	OPT_SCAN,
	OPT_QR,
	OPT_PNG,
	OPT_DENSITY,
	OPT_FPS,
	OPT_NETWORK,
	OPT_BIRTHDAY,
	OPT_KDF,
	OPT_KDF_OPS,
	OPT_KDF_MEMORY,
	OPT_PASSPHRASE_FD,
	OPT_NEW_PASSPHRASE_FD,
	OPT_WORDS_FD,
	OPT_WORDS_OUT_FD,
	OPT_OFFSET_FD,
	OPT_CONFIRM_FD,
	OPT_APPROVAL,
	OPT_RESTORE,
	OPT_YES,
	OPT_DIFF,
	OPT_IDENTITY,
	OPT_AFTER,
	OPT_CBOR,
	OPT_INBOX,
	OPT_OUTBOX,
	OPT_ONCE,
	OPT_JSON,
	OPT_HELP,
};

static const struct option longs[] = {
    {"vault", required_argument, NULL, OPT_VAULT},
    {"out", required_argument, NULL, OPT_OUT},
    {"scan", required_argument, NULL, OPT_SCAN},
    {"qr", no_argument, NULL, OPT_QR},
    {"png", required_argument, NULL, OPT_PNG},
    {"density", required_argument, NULL, OPT_DENSITY},
    {"fps", required_argument, NULL, OPT_FPS},
    {"network", required_argument, NULL, OPT_NETWORK},
    {"birthday", required_argument, NULL, OPT_BIRTHDAY},
    {"kdf", required_argument, NULL, OPT_KDF},
    {"kdf-ops", required_argument, NULL, OPT_KDF_OPS},
    {"kdf-memory", required_argument, NULL, OPT_KDF_MEMORY},
    {"passphrase-fd", required_argument, NULL, OPT_PASSPHRASE_FD},
    {"new-passphrase-fd", required_argument, NULL, OPT_NEW_PASSPHRASE_FD},
    {"words-fd", required_argument, NULL, OPT_WORDS_FD},
    {"words-out-fd", required_argument, NULL, OPT_WORDS_OUT_FD},
    {"offset-fd", required_argument, NULL, OPT_OFFSET_FD},
    {"confirm-fd", required_argument, NULL, OPT_CONFIRM_FD},
    {"approval", required_argument, NULL, OPT_APPROVAL},
    {"restore", no_argument, NULL, OPT_RESTORE},
    {"yes", no_argument, NULL, OPT_YES},
    {"diff", no_argument, NULL, OPT_DIFF},
    {"identity", required_argument, NULL, OPT_IDENTITY},
    {"after", required_argument, NULL, OPT_AFTER},
    {"cbor", no_argument, NULL, OPT_CBOR},
    {"inbox", required_argument, NULL, OPT_INBOX},
    {"outbox", required_argument, NULL, OPT_OUTBOX},
    {"once", no_argument, NULL, OPT_ONCE},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

enum err option_number(uint64_t *out, const char *text, const char *what)
{
	uint64_t n = 0;
	*out = 0;
	for (const char *s = text; *s; s++) {
		if (*s < '0' || *s > '9' || s - text > 15) {
			return err_set(ERR_USAGE, "%s: not a number", what);
		}
		n = n * 10 + (uint64_t)(*s - '0');
	}
	if (!*text) {
		return err_set(ERR_USAGE, "%s: not a number", what);
	}
	*out = n;
	return ERR_OK;
}

enum err option_file(const char **out, const struct options *o, const char *what)
{
	if (o->n_args != 1) {
		return err_set(ERR_USAGE, "give one argument: %s", what);
	}
	*out = o->args[0];
	return ERR_OK;
}

enum err option_out(const struct options *o)
{
	enum err rc = light_check(&o->light);
	if (rc == ERR_OK && !o->out && !light_wanted(&o->light)) {
		rc = err_set(ERR_USAGE, "--out FILE, --qr or --png FOLDER is needed");
	}
	return rc;
}

static enum err read_fd(int *out, const char *name)
{
	uint64_t n;
	enum err rc = option_number(&n, optarg, name);
	if (rc == ERR_OK && n > 1 << 20) {
		rc = err_set(ERR_USAGE, "--%s: not a descriptor", name);
	}
	*out = rc == ERR_OK ? (int)n : -1;
	return rc;
}

static enum err take(struct options *o, int letter, const char *name)
{
	switch (letter) {
	case OPT_VAULT:
		o->vault = optarg;
		return ERR_OK;
	case OPT_OUT:
		o->out = optarg;
		return ERR_OK;
	case OPT_SCAN:
		o->scan = optarg;
		return ERR_OK;
	case OPT_QR:
		o->light.qr = true;
		return ERR_OK;
	case OPT_PNG:
		o->light.png = optarg;
		return ERR_OK;
	case OPT_DENSITY:
		o->light.density = optarg;
		return ERR_OK;
	case OPT_FPS:
		o->light.fps = optarg;
		return ERR_OK;
	case OPT_NETWORK:
		o->network = optarg;
		return ERR_OK;
	case OPT_BIRTHDAY:
		o->birthday = optarg;
		return ERR_OK;
	case OPT_KDF:
		o->kdf = optarg;
		return ERR_OK;
	case OPT_KDF_OPS:
		o->kdf_ops = optarg;
		return ERR_OK;
	case OPT_KDF_MEMORY:
		o->kdf_memory = optarg;
		return ERR_OK;
	case OPT_PASSPHRASE_FD:
		return read_fd(&o->passphrase_fd, name);
	case OPT_NEW_PASSPHRASE_FD:
		return read_fd(&o->new_passphrase_fd, name);
	case OPT_WORDS_FD:
		return read_fd(&o->words_fd, name);
	case OPT_WORDS_OUT_FD:
		return read_fd(&o->words_out_fd, name);
	case OPT_OFFSET_FD:
		return read_fd(&o->offset_fd, name);
	case OPT_CONFIRM_FD:
		return read_fd(&o->confirm_fd, name);
	case OPT_APPROVAL:
		if (o->n_approvals == APPROVALS_MAX) {
			return err_set(ERR_USAGE, "more than %d approvals", APPROVALS_MAX);
		}
		o->approvals[o->n_approvals++] = optarg;
		return ERR_OK;
	case OPT_RESTORE:
		o->restore = true;
		return ERR_OK;
	case OPT_YES:
		o->yes = true;
		return ERR_OK;
	case OPT_DIFF:
		o->diff = true;
		return ERR_OK;
	case OPT_IDENTITY:
		o->identity = optarg;
		return ERR_OK;
	case OPT_AFTER:
		o->after = optarg;
		return ERR_OK;
	case OPT_INBOX:
		o->inbox = optarg;
		return ERR_OK;
	case OPT_OUTBOX:
		o->outbox = optarg;
		return ERR_OK;
	case OPT_ONCE:
		o->once = true;
		return ERR_OK;
	case OPT_CBOR:
		o->cbor = true;
		return ERR_OK;
	case OPT_JSON:
		o->json = true;
		return ERR_OK;
	case OPT_HELP:
		o->help = true;
		return ERR_OK;
	case ':':
		return err_set(ERR_USAGE, "an option lacks its value");
	default:
		return err_set(ERR_USAGE, "an option that does not exist");
	}
}

enum err options_read(struct options *out, int argc, char **argv)
{
	enum err rc = ERR_OK;
	int letter, at = 0;
	memset(out, 0, sizeof *out);
	out->passphrase_fd = out->new_passphrase_fd = -1;
	out->words_fd = out->words_out_fd = out->offset_fd = out->confirm_fd = -1;
	opterr = 0;
	while (rc == ERR_OK && (letter = getopt_long(argc, argv, ":", longs, &at)) != -1) {
		rc = take(out, letter, letter >= OPT_VAULT ? longs[at].name : "");
	}
	for (int i = optind; rc == ERR_OK && i < argc; i++) {
		if (out->n_args == CLI_ARGS_MAX) {
			rc = err_set(ERR_USAGE, "too many arguments");
			break;
		}
		out->args[out->n_args++] = argv[i];
	}
	return rc;
}

enum err options_places(struct sandbox_places *out, const struct options *o)
{
	enum err rc = ERR_OK;
	memset(out, 0, sizeof *out);
	if (o->vault) {
		rc = file_exists(o->vault) ? sandbox_place(out, o->vault)
					   : sandbox_place_of(out, o->vault);
	}
	if (rc == ERR_OK && o->out && strcmp(o->out, "-") != 0) {
		rc = sandbox_place_of(out, o->out);
	}
	if (rc == ERR_OK && o->inbox) {
		rc = sandbox_place(out, o->inbox);
	}
	if (rc == ERR_OK && o->outbox) {
		rc = sandbox_place(out, o->outbox);
	}
	if (rc == ERR_OK && o->light.png) {
		rc = sandbox_place_of(out, o->light.png);
	}
	return rc;
}

enum err options_kdf(struct vault_kdf *kdf, const struct options *o)
{
	enum err rc = ERR_OK;
	if (o->kdf && strcmp(o->kdf, "quick") == 0) {
		*kdf = VAULT_KDF_QUICK;
	} else if (o->kdf && strcmp(o->kdf, "normal") == 0) {
		*kdf = VAULT_KDF_NORMAL;
	} else if (o->kdf) {
		return err_set(ERR_USAGE, "--kdf is normal or quick");
	}
	if (o->kdf_ops) {
		rc = option_number(&kdf->ops, o->kdf_ops, "--kdf-ops");
	}
	if (rc == ERR_OK && o->kdf_memory) {
		uint64_t mib;
		rc = option_number(&mib, o->kdf_memory, "--kdf-memory");
		/* More than a terabyte is out of bounds whatever it is. */
		kdf->memory = mib < (1 << 20) ? mib << 20 : UINT64_MAX;
	}
	return rc == ERR_OK ? vault_kdf_check(kdf) : rc;
}

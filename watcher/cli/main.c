/* airlock-watcher: the online half. A table of commands, and the one place where errors are
 * printed. */
#include <stdio.h>

#include "common/base/secret.h"
#include "watcher/cli/cli.h"

static const struct command COMMANDS[] = {
    {"init", "knwxjS", "--kit FILE|--scan WHERE --node URL [--network NAME] [--insecure-node]",
     "Makes a watcher in DIR from the signer's kit, following the monerod at URL. A node on "
     "another\n"
     "machine must have TLS and a login (in airlock.conf) unless --insecure-node is given.",
     0, cmd_init},
    {"check-config", "j", "", "Reads DIR/airlock.conf whole and tells every line that is wrong.", 0,
     cmd_check_config},
    {"pair", "ojQPDR", "--out FILE|--qr|--png FOLDER", "Makes the pairing message for the signer.",
     0, cmd_pair},
    {"sync", "j", "", "Follows the node up to its top block.", 0, cmd_sync},
    {"run", "", "",
     "Follows the node and delivers events until it is told to stop (SIGTERM). SIGHUP reads\n"
     "airlock.conf and the logins it names again. Fit for systemd (Type=notify).",
     0, cmd_run},
    {"status", "j", "", "Where things stand.", 0, cmd_status},
    {"balance", "j", "", "What is there: total, unlocked, reserved by requests.", 0, cmd_balance},
    {"address new", "clj", "[--account N] [--label TEXT]", "A fresh subaddress.", 0,
     cmd_address_new},
    {"address show", "j", "", "The primary address.", 0, cmd_address_show},
    {"address list", "j", "", "The primary address and all that were made.", 0, cmd_address_list},
    {"deposits", "j", "", "Every output received, with its depth and state.", 0, cmd_deposits},
    {"invoice create", "imTElcjQPDR",
     "--id ID --amount XMR [--tolerance XMR] [--expires 30m|24h|7d|720b] [--label TEXT] "
     "[--account N] [--qr] [--png FOLDER]",
     "An invoice with an address of its own. The same again returns the same invoice; the id with\n"
     "other terms is an error. It ends by the chain's time (m, h, d) or after so many blocks (b).\n"
     "The label is shown to the payer.",
     0, cmd_invoice_create},
    {"invoice show", "jQPDR", "ID [--qr] [--png FOLDER]",
     "An invoice, its payments' sums and its payment URI; with --qr or --png as a code too. One\n"
     "whose id is forgotten is named %NUMBER.",
     1, cmd_invoice_show},
    {"invoice list", "Bj", "[--refunds]",
     "All invoices, in the order made; or those with money to be paid back.", 0, cmd_invoice_list},
    {"invoice close", "j", "ID", "Ends an invoice: no block from here on is on time.", 1,
     cmd_invoice_close},
    {"invoice decide", "j", "ID accept|refund",
     "On what the invoice's rules hold: it counts, or is to be paid back (invoice refund does "
     "it);\n"
     "so does what else they would have held.",
     2, cmd_invoice_decide},
    {"invoice refund", "aj", "ID --address ADDRESS",
     "Queues a payout of all that is to be paid back; cancelled, it is to be paid back again.", 1,
     cmd_invoice_refund},
    {"payout add", "iamrpbj",
     "--id ID --address ADDRESS --amount XMR [--reference TEXT] [--priority "
     "high|normal|low] [--not-before TIME]",
     "Queues a payout. The same id again with the same content changes nothing; with other "
     "content\n"
     "it is an error. Those of high priority are planned first, and none before its time\n"
     "(2026-11-23T20:15:04Z, UTC).",
     0, cmd_payout_add},
    {"payout import", "j", "FILE",
     "Queues all payouts of a CSV file, or none: the first wrong line is named. The first line\n"
     "names the columns: id, address, amount; and reference, priority, not_before if wanted.",
     1, cmd_payout_import},
    {"payout list", "j", "", "All payouts, in the order queued.", 0, cmd_payout_list},
    {"payout cancel", "j", "ID", "Takes a payout out of the queue.", 1, cmd_payout_cancel},
    {"payout retry", "j", "ID", "Queues a payout that the signer refused once more.", 1,
     cmd_payout_retry},
    {"request build", "oefjQPDR",
     "--out FILE|--qr|--png FOLDER [--fee slow|normal|fast|fastest] [--after N]",
     "Plans all queued payouts into an unsigned request and reserves its inputs. With --after its\n"
     "number is above N: after a store was restored, the newest that the signer answered.",
     0, cmd_request_build},
    {"sweep", "omOejQPDR",
     "--out FILE|--qr|--png FOLDER [--amount XMR] [--outputs N] [--fee slow|normal|fast|fastest]",
     "Plans a request that moves to the vault what lies above the float (both are in the\n"
     "configuration), the smallest outputs first: all of it, at most XMR, or the N smallest.",
     0, cmd_sweep},
    {"request list", "j", "", "All requests.", 0, cmd_request_list},
    {"request show", "ojQPDR", "NUMBER [--out FILE] [--qr] [--png FOLDER]",
     "What a request pays; with --out, --qr or --png the same message once more.", 1,
     cmd_request_show},
    {"request cancel", "tj", "NUMBER [--never-left]",
     "Gives up waiting for a reply. The payouts return to the queue, tied to an input of this\n"
     "request, so that a reply that turns up later cannot pay twice; with --never-left (the "
     "request\n"
     "was never shown to the signer) they are free.",
     1, cmd_request_cancel},
    {"import", "jS", "FILE|--scan WHERE", "Takes the signer's reply, or its key images.", 1,
     cmd_import},
    {"broadcast", "j", "", "Gives signed transactions to the node, always as the same bytes.", 0,
     cmd_broadcast},
    {"outputs", "ojQPDR", "--out FILE|--qr|--png FOLDER",
     "Asks for the key images of outputs (airlock-signer key-images), which tell what is spent: "
     "after\n"
     "a store was restored, or when another wallet of the same words spends too.",
     0, cmd_outputs},
    {"journal export", "ofjQPDR", "--out FILE|--qr|--png FOLDER [--after N]",
     "Our copy of the signer's journal, sealed to the signer: what it catches up with.", 0,
     cmd_journal_export},
    {"audit export", "ofj", "--out FILE [--after N]",
     "Our copy of the signer's journal, open, for whoever knows the signer's identity.", 0,
     cmd_audit_export},
    {"audit verify", "yj", "FILE [--identity ID]",
     "Checks every link and signature of such a file, by our own signer's identity or the one "
     "given\n(its fingerprint, or 64 digits).",
     1, cmd_audit_verify},
    {"events", "fFj", "[--after N] [--follow]",
     "The ledger of everything that happened. With --follow it waits for more until it is told to\n"
     "stop, and --json prints one object a line.",
     0, cmd_events},
    {"resume", "j", "",
     "Lets payouts go on after what halted them (the event payouts_halted says why).", 0,
     cmd_resume},
    {"webhook add", "iUKAfj",
     "--id NAME --url URL [--key hmac|ed25519] [--allow RANGE] [--after N]",
     "Posts every event, from now on or after N, to URL, signed as Standard Webhooks 1.0. The "
     "secret\n"
     "is shown once. Private addresses only within RANGE (10.0.0.0/8), and http:// only if it is\n"
     "private.",
     0, cmd_webhook_add},
    {"webhook list", "j", "", "All subscribers and how far each is.", 0, cmd_webhook_list},
    {"webhook rotate", "KHj", "NAME [--key hmac|ed25519] [--hours N]",
     "A new secret; the present one signs beside it for N hours more (24).", 1, cmd_webhook_rotate},
    {"webhook retry", "j", "NAME", "Sends everything from its first dead letter on again, now.", 1,
     cmd_webhook_retry},
    {"webhook remove", "j", "NAME", "Tells it no more.", 1, cmd_webhook_remove},
    {"backup", "oj", "--out FILE",
     "Copies the store while other commands and run go on, and verifies the copy.", 0, cmd_backup},
    {"prune", "j", "",
     "Forgets labels, references, ids and labels of invoices, and raw transactions that are older\n"
     "than the configuration keeps them; run does it daily. Not while the clock is more than a "
     "day\n"
     "ahead of the newest block.",
     0, cmd_prune},
    {"verify", "j", "", "Computes everything derived again and compares: a line a check.", 0,
     cmd_verify},
};
#define COMMAND_COUNT (sizeof COMMANDS / sizeof COMMANDS[0])

static void help(void)
{
	puts("usage: airlock-watcher --data DIR COMMAND [OPTIONS]\n\n"
	     "The online half of a Monero treasury: it watches, plans and broadcasts, and cannot\n"
	     "sign. --json prints data for machines; COMMAND --help says more.\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = &COMMANDS[i];
		printf("  %-*s%s\n", c->usage[0] ? 16 : 0, c->name, c->usage);
	}
	puts("\nExit codes: 0 done, 1 failed, 2 usage, 3 refused by policy, 4 bad or foreign\n"
	     "message, 5 node not ready.");
}

int main(int argc, char **argv)
{
	struct options o;
	const struct command *command;
	enum err rc = secret_start();
	if (rc == ERR_OK) {
		rc = options_read(&o, &command, COMMANDS, COMMAND_COUNT, argc, argv);
	}
	if (rc == ERR_OK && !command) {
		help();
		return 0;
	}
	if (rc == ERR_OK && o.help) {
		options_help(command);
		return 0;
	}
	if (rc == ERR_OK) {
		rc = command->run(&o);
	}
	if (rc != ERR_OK) {
		const char *detail = err_detail();
		fprintf(stderr, "airlock-watcher: %s%s%s\n", err_text(rc), *detail ? ": " : "",
			detail);
	}
	return err_exit_code(rc);
}

/*
 * The unattended float: requests that lie in one folder are answered into another, as far as the
 * policy lets them go without a person. Nobody is asked, so nothing beyond that tier is signed.
 *
 * A request NAME is answered as NAME.reply in the outbox and then becomes NAME.done; one that is
 * refused or no request becomes NAME.failed, with the reason in NAME.failed.reason. Where a name is
 * taken, NAME.2.done and so on. All of it can be cut off anywhere and taken up again: the signer
 * gives a request it has answered the same bytes, which are looked for before they are placed.
 */
#ifndef AIRLOCK_SIGNER_SERVE_H
#define AIRLOCK_SIGNER_SERVE_H

#include <signal.h>

#include "signer/session/session.h"

/* One request, done with. Everything is borrowed during the call. */
struct served {
	const char *name;
	bool answered;      /* a reply was placed, in `reply`; else it was moved aside */
	const char *reply;  /* the reply's file name */
	enum err outcome;   /* ERR_OK: something was signed */
	const char *reason; /* detail of the outcome */
	uint64_t number;    /* the request's, 0 when it was none */
	size_t n_txs, n_allowed;
	bool again; /* it was answered before */
};

struct serve {
	const struct env *env;
	struct session_hooks hooks; /* without `confirm` */
	const char *inbox, *outbox;
	void *ctx;
	void (*told)(void *ctx, const struct served *s);
	const volatile sig_atomic_t *stop; /* looked at between requests */
};

/*
 * Before the first look: folders that are there, a watcher that is paired, and a policy that lets
 * something go unattended (ERR_NOT_UNATTENDED). Removes what a killed run left half-written.
 */
enum err MUST_CHECK serve_begin(const struct serve *s);

/*
 * One look: every file that lies ready, in the order of the watcher's numbers. An error is of the
 * machine (a full disk, say): the request it met lies where it was and is tried at the next look;
 * the others were seen to.
 */
enum err MUST_CHECK serve_look(const struct serve *s);

#endif

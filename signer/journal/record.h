/*
 * What one journal entry says, and its form: a canonical CBOR array [kind, wall time, chain time,
 * fields...]. Which fields a kind has stands in one table (record.c) that encoding, decoding and
 * showing all follow. Kinds and their fields never change once released; new ones get new numbers.
 */
#ifndef AIRLOCK_SIGNER_RECORD_H
#define AIRLOCK_SIGNER_RECORD_H

#include "proto/messages.h"
#include "signer/policy/policy.h"

#define RECORD_TEXT_MAX POLICY_TEXT_MAX
#define RECORD_RULE_MAX 32

enum record_kind {
	RECORD_INIT = 1,             /* identity, number: birthday height */
	RECORD_PAIRING = 2,          /* identity and name of the watcher */
	RECORD_POLICY_SUBMITTED = 3, /* hash and text; number: wall time from which it holds */
	RECORD_POLICY_EFFECTIVE = 4, /* hash and text */
	RECORD_REQUEST = 5,          /* hash, number; count: transactions */
	RECORD_SIGNED = 6,           /* a transaction signed, by which rule and whose consent */
	RECORD_REFUSED =
	    7, /* a transaction refused: hash of the request, index, code, rule, text */
	RECORD_REQUEST_REFUSED = 8, /* a request refused: hash, number, code, rule, text */
	RECORD_KEY_IMAGES = 9,      /* key images given out: hash of the asking message, count */
	RECORD_PASSPHRASE = 10,     /* the passphrase was changed */
	RECORD_APPROVAL = 11,       /* an approver's signature: hash of the request, key, name */
	RECORD_CLOCK = 13,    /* a person confirmed the clock; number: the newest entry's time */
	RECORD_CATCH_UP = 14, /* taken from a copy; number: the first entry taken; count */
	RECORD_BACKUP = 16,   /* a backup was made of all before */
	RECORD_RESTORED = 17, /* number: how many entries there were in the backup it came from */
};

struct record_payout {
	struct payout_id id;
	char address[ADDRESS_TEXT_MAX];
	struct amount amount;
	struct hash content; /* state_payout_content */
};

struct record {
	enum record_kind kind;
	uint64_t wall;  /* the machine's clock; the newest entry's while that is not believed */
	uint64_t chain; /* the newest chain time seen in requests; 0: none yet */
	uint64_t number, index, count;
	struct hash hash; /* of the request, the policy or the asking message */
	struct hash id;   /* transaction id, or an identity */
	enum err code;
	char rule[RECORD_RULE_MAX + 1]; /* of the policy that decided; "checks": none of them */
	enum policy_tier consent;       /* who had agreed */
	struct amount counted;          /* taken from the day's limit */
	struct amount fee;
	char text[RECORD_TEXT_MAX + 1];
	size_t n_payouts;
	struct record_payout payouts[TX_OUTPUTS_MAX];
	size_t n_images;
	struct key_image images[TX_INPUTS_MAX]; /* in the transaction's order */
	size_t n_inputs;
	struct public_key inputs[TX_INPUTS_MAX]; /* the outputs spent, in the plan's order */
};

/* "signed", "request_refused", ...: fixed names. */
const char *record_kind_name(enum record_kind kind);

enum err MUST_CHECK record_encode(struct buf *out, const struct record *r);
/* ERR_JOURNAL_BROKEN for anything that is not the one form of a known kind. */
enum err MUST_CHECK record_decode(struct record *out, struct span content);

/* Its fields for a person (one line, safe to print), and as members of a JSON object. */
void record_text(struct buf *out, const struct record *r);
void record_json(struct buf *out, const struct record *r);

#endif

/*
 * The policy: what may leave, to whom, and who must agree. Pure logic over structs; policy_json.c
 * reads the file, policy_format.c writes it, policy_compare.c tells a looser one. The amount limits
 * of the first group are compulsory, so that none is forgotten. What leaves the wallet counts, fee
 * included; payouts to vaults (the operator's own cold storage) are free of the amount limits,
 * their fees never are.
 */
#ifndef AIRLOCK_SIGNER_POLICY_H
#define AIRLOCK_SIGNER_POLICY_H

#include "common/base/bytes.h"
#include "common/monero/plan.h"

#define POLICY_LISTED_MAX 64
#define POLICY_APPROVERS_MAX 16
#define POLICY_NAME_MAX 32 /* printable ASCII, of a destination or an approver */
#define POLICY_FILE_MAX 65536
#define POLICY_TEXT_MAX 15360 /* of the form that policy_format writes; fits a journal entry */
#define POLICY_COOL_OFF_DEFAULT (UINT64_C(24) * 3600)
#define POLICY_COOL_OFF_MAX (UINT64_C(90) * 24 * 3600)
#define POLICY_HOUR UINT64_C(3600)
#define POLICY_CLOCK_JUMP_MAX (UINT64_C(90) * 24 * 3600)
#define POLICY_DAY (24 * POLICY_HOUR)
#define POLICY_WEEK (7 * POLICY_DAY)
#define POLICY_MONTH (30 * POLICY_DAY)

/* A limit that a policy may do without. */
struct policy_cap {
	bool set;
	struct amount most;
};

/* The limits that no policy is without. */
struct policy_limits {
	struct amount payout;
	struct amount transaction;
	struct amount day; /* rolling 24 hours */
	uint64_t day_count;
	struct amount fee;
	struct amount fee_per_byte;
};

/* An entry of the address book. */
struct policy_destination {
	char name[POLICY_NAME_MAX + 1];
	struct address to;
	bool vault;
};

/* Whose approvals count: a minisign public key. */
struct policy_approver {
	char name[POLICY_NAME_MAX + 1];
	uint8_t id[8];
	uint8_t key[32];
};

/* Who must agree, from least to most. The numbers stand in journals. */
enum policy_tier {
	TIER_UNATTENDED = 0, /* nobody */
	TIER_CONFIRMED = 1,  /* one person, at the signer */
	TIER_APPROVED = 2,   /* besides, N of M approvers */
};

/* How far a tier reaches; what goes beyond either bound belongs to the next tier. */
struct policy_reach {
	bool set;
	struct amount transaction;
	struct amount day; /* rolling 24 hours: what left with this tier's consent or less */
};

struct policy {
	struct policy_limits limits;
	struct policy_cap week;     /* rolling 7 days */
	struct policy_cap month;    /* rolling 30 days */
	uint64_t requests_per_hour; /* answered within a rolling hour; 0: no limit */
	uint64_t cool_off;          /* seconds that a loosening waits */
	uint64_t clock_jump;        /* how far the clock may leap unconfirmed; 0: a week */
	bool only_listed;           /* nothing goes to an address that is not in the book */
	size_t n_listed;
	struct policy_destination listed[POLICY_LISTED_MAX];
	struct policy_reach unattended; /* not set: nothing goes without a person */
	struct policy_reach confirmed;  /* not set: a confirmation is enough for everything */
	size_t needed;                  /* approvals beyond the reach of `confirmed` */
	size_t n_approvers;
	struct policy_approver approvers[POLICY_APPROVERS_MAX];
};

/* What the journal says of the windows. */
struct policy_spent {
	struct amount amount; /* 24 hours */
	uint64_t count;
	struct amount week, month;
	struct amount unattended; /* of the 24 hours: without a person */
	struct amount unapproved; /* of the 24 hours: without approvals */
	uint64_t requests;        /* answered within the hour */
};

/* One transaction, measured. */
struct policy_tx {
	const struct plan *plan;
	uint64_t weight;
};

struct policy_verdict {
	enum err code;         /* ERR_OK: allowed, by consent of `tier`; else refused */
	const char *rule;      /* the rule that decided, a fixed name (static) */
	char reason[256];      /* in words, when refused */
	enum policy_tier tier; /* whose consent it needs, when allowed */
	struct amount counted; /* what it takes from the limits */
	uint64_t count;
};

/*
 * Reads a policy's text. ERR_POLICY_FILE, the detail naming line and field. policy_parse takes
 * every policy that was ever in force; policy_parse_new also refuses what makes no sense in a file
 * that a person wrote, as more approvals than there are approvers.
 */
enum err MUST_CHECK policy_parse(struct policy *out, struct span text, enum network network);
enum err MUST_CHECK policy_parse_new(struct policy *out, struct span text, enum network network);
/* The one form in which a policy is stored and journaled; appends to out, POLICY_TEXT_MAX at most.
 */
enum err MUST_CHECK policy_format(struct buf *out, const struct policy *p);

/* How far ahead of the newest entry the clock is believed, in seconds. */
uint64_t policy_clock_jump(const struct policy *p);

/* The address book's entry of an address, or NULL. */
const struct policy_destination *policy_listed(const struct policy *p, const struct address *to);
/* Whether an address is one of the policy's own vaults. */
bool policy_is_vault(const struct policy *p, const struct address *to);

/* "unattended", "confirmed", "approved": fixed names, also of the rules that allow. */
const char *policy_tier_name(enum policy_tier tier);

/*
 * The rules in their order; the first that matches decides: only_listed, payout, transaction, fee,
 * fee_per_byte, day_count, day, week, month refuse; unattended, confirmed, approved allow.
 */
void policy_judge(struct policy_verdict *out, const struct policy *p, const struct policy_tx *tx,
		  const struct policy_spent *spent);

/*
 * The rule requests_per_hour, before any transaction is looked at. Returns ERR_OK or
 * ERR_LIMIT_REQUESTS with the detail set.
 */
enum err MUST_CHECK policy_judge_request(const struct policy *p, const struct policy_spent *spent);

/* Adds what a judged transaction takes, left with `consent`. False: it would overflow. */
bool MUST_CHECK policy_spend(struct policy_spent *spent, const struct policy_verdict *v,
			     enum policy_tier consent);

/* Whether `to` allows anything that `from` does not, or asks fewer for it. */
bool policy_loosens(const struct policy *from, const struct policy *to);
/* What holds while a change waits: in each point the stricter of the two. Names are b's. */
void policy_stricter(struct policy *out, const struct policy *a, const struct policy *b);

#endif

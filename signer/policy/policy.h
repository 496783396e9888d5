/*
 * The policy: what may leave without being argued with. Pure logic over structs; policy_json.c
 * reads and writes the file. Every limit is compulsory, so that none is forgotten. What leaves the
 * wallet counts, fee included; payouts to the listed vault addresses (the operator's own cold
 * storage) are free of the amount limits, their fees never are.
 */
#ifndef AIRLOCK_SIGNER_POLICY_H
#define AIRLOCK_SIGNER_POLICY_H

#include "common/base/bytes.h"
#include "common/monero/plan.h"

#define POLICY_VAULTS_MAX 32
#define POLICY_FILE_MAX 12288
#define POLICY_COOL_OFF_DEFAULT (UINT64_C(24) * 3600)
#define POLICY_COOL_OFF_MAX (UINT64_C(90) * 24 * 3600)
#define POLICY_DAY (UINT64_C(24) * 3600)

struct policy_limits {
	struct amount payout;
	struct amount transaction;
	struct amount day; /* rolling 24 hours */
	uint64_t day_count;
	struct amount fee;
	struct amount fee_per_byte;
};

struct policy {
	struct policy_limits limits;
	uint64_t cool_off; /* seconds that a loosening waits */
	size_t n_vaults;
	struct address vaults[POLICY_VAULTS_MAX];
};

/* What the journal says was spent within the window. */
struct policy_spent {
	struct amount amount;
	uint64_t count;
};

/* One transaction, measured. */
struct policy_tx {
	const struct plan *plan;
	uint64_t weight;
};

struct policy_verdict {
	enum err code;         /* ERR_OK: allowed; else the first rule that failed */
	char reason[256];      /* in words, when refused */
	struct amount counted; /* what it takes from the day's limit */
	uint64_t count;
};

/* Reads a policy file's text. ERR_POLICY_FILE, the detail naming the line or the field. */
enum err MUST_CHECK policy_parse(struct policy *out, struct span text, enum network network);
/* The one form in which a policy is stored and journaled; appends to out. */
enum err MUST_CHECK policy_format(struct buf *out, const struct policy *p);

/* Whether an address is one of the policy's own vaults. */
bool policy_is_vault(const struct policy *p, const struct address *to);

/*
 * The rules in their order: payout, transaction, fee, fee per byte, day's count, day's amount. The
 * first that fails decides.
 */
void policy_judge(struct policy_verdict *out, const struct policy *p, const struct policy_tx *tx,
		  const struct policy_spent *spent);

/* Whether `to` allows anything that `from` does not. */
bool policy_loosens(const struct policy *from, const struct policy *to);
/* What holds while a change waits: in each point the stricter of the two. */
void policy_stricter(struct policy *out, const struct policy *a, const struct policy *b);

#endif

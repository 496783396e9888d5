/*
 * Every error of both programs, in one table: name, fixed number, category and text. The numbers of
 * the refusals cross the gap in replies and stand in journals, so they never change or get reused.
 * The category decides the exit code. A function that can fail returns enum err and must be
 * checked; the text is printed once, at the outermost layer, with the detail set where the cause is
 * known.
 */
#ifndef AIRLOCK_BASE_ERR_H
#define AIRLOCK_BASE_ERR_H

#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum err_category {
	CAT_OK = 0,
	CAT_FAILED = 1,  /* the environment: disk, memory, a damaged store, our own bug */
	CAT_USAGE = 2,   /* the command line or a configuration file */
	CAT_REFUSED = 3, /* the signer's policy or checks say no */
	CAT_MESSAGE = 4, /* a message that is damaged, foreign, replayed or not for us */
	CAT_NODE = 5,    /* monerod is absent, behind, wrong or lying */
};

/* clang-format off */
#define ERR_TABLE(X)                                                                               \
	X(ERR_OK, 0, CAT_OK, "done")                                                               \
	/* environment */                                                                          \
	X(ERR_NO_MEMORY, 1, CAT_FAILED, "out of memory")                                           \
	X(ERR_IO, 2, CAT_FAILED, "input/output error")                                             \
	X(ERR_NO_SPACE, 3, CAT_FAILED, "no space left on the device")                              \
	X(ERR_NOT_FOUND, 4, CAT_FAILED, "not found")                                               \
	X(ERR_EXISTS, 5, CAT_FAILED, "already exists")                                             \
	X(ERR_LOCKED, 6, CAT_FAILED, "in use by another process")                                  \
	X(ERR_DB, 7, CAT_FAILED, "database error")                                                 \
	X(ERR_DB_DAMAGED, 8, CAT_FAILED, "the store is damaged")                                   \
	X(ERR_VAULT_DAMAGED, 9, CAT_FAILED, "the vault is damaged")                                \
	X(ERR_PASSPHRASE, 10, CAT_FAILED, "wrong passphrase, or the vault's header was altered")   \
	X(ERR_RANDOM, 11, CAT_FAILED, "the system's random source failed")                         \
	X(ERR_INTERNAL, 12, CAT_FAILED, "internal check failed")                                   \
	X(ERR_SELF_CHECK, 13, CAT_FAILED, "own signature or proof did not verify")                 \
	X(ERR_FUNDS, 14, CAT_FAILED, "not enough unlocked funds")                                  \
	X(ERR_STATE, 15, CAT_FAILED, "not possible in the present state")                          \
	X(ERR_CANCELLED, 16, CAT_FAILED, "cancelled")                                              \
	X(ERR_LIMIT, 17, CAT_FAILED, "a built-in limit was exceeded")                              \
	X(ERR_SANDBOX, 18, CAT_FAILED, "the sandbox could not be set up")                          \
	X(ERR_CONFLICT, 19, CAT_FAILED, "conflicts with what is recorded")                         \
	X(ERR_DB_FORM, 20, CAT_FAILED, "the store is of another version of this program")          \
	X(ERR_TERMINAL, 25, CAT_FAILED, "the terminal cannot show codes")                          \
	X(ERR_HALTED, 27, CAT_FAILED, "payouts are halted until an operator has looked")           \
	X(ERR_OVERTAKEN, 29, CAT_FAILED, "another transaction spent what pays a signed payout")    \
	/* usage */                                                                                \
	X(ERR_USAGE, 30, CAT_USAGE, "wrong usage")                                                 \
	X(ERR_CONFIG, 31, CAT_USAGE, "bad configuration")                                          \
	X(ERR_POLICY_FILE, 32, CAT_USAGE, "bad policy file")                                       \
	X(ERR_AMOUNT, 33, CAT_USAGE, "not an amount")                                              \
	X(ERR_WORDS_COUNT, 34, CAT_USAGE, "wrong number of words")                                 \
	X(ERR_WORDS_UNKNOWN, 35, CAT_USAGE, "a word is not in the list")                           \
	X(ERR_WORDS_CHECKSUM, 36, CAT_USAGE, "the words' checksum does not match")                 \
	X(ERR_WORDS_RANGE, 37, CAT_USAGE, "the words do not encode a key")                         \
	X(ERR_WORDS_UNPROVEN, 38, CAT_USAGE, "the words were not given back")                      \
	X(ERR_ADDR_LENGTH, 40, CAT_USAGE, "an address has the wrong length")                       \
	X(ERR_ADDR_CHARACTER, 41, CAT_USAGE, "an address has a character that base58 lacks")       \
	X(ERR_ADDR_BLOCK, 42, CAT_USAGE, "an address has a base58 block out of range")             \
	X(ERR_ADDR_CHECKSUM, 43, CAT_USAGE, "an address has a wrong checksum (a typing error?)")   \
	X(ERR_ADDR_PREFIX, 44, CAT_USAGE, "not a Monero address")                                  \
	X(ERR_ADDR_NETWORK, 45, CAT_USAGE, "an address of another network")                        \
	X(ERR_ADDR_KEY, 46, CAT_USAGE, "an address holds a key that is not a curve point")         \
	/* refused by the signer's policy or checks: stable codes of replies and journals */       \
	X(ERR_REFUSED, 60, CAT_REFUSED, "refused")                                                 \
	X(ERR_LIMIT_PAYOUT, 61, CAT_REFUSED, "over the limit per payout")                          \
	X(ERR_LIMIT_TX, 62, CAT_REFUSED, "over the limit per transaction")                         \
	X(ERR_LIMIT_DAY, 63, CAT_REFUSED, "over the limit per rolling 24 hours")                   \
	X(ERR_LIMIT_DAY_COUNT, 64, CAT_REFUSED, "over the number of payouts per rolling 24 hours") \
	X(ERR_LIMIT_FEE, 65, CAT_REFUSED, "over the fee limit per transaction")                    \
	X(ERR_LIMIT_FEE_RATE, 66, CAT_REFUSED, "over the fee limit per byte")                      \
	X(ERR_LIMIT_WEEK, 67, CAT_REFUSED, "over the limit per rolling 7 days")                    \
	X(ERR_LIMIT_MONTH, 68, CAT_REFUSED, "over the limit per rolling 30 days")                  \
	X(ERR_LIMIT_REQUESTS, 69, CAT_REFUSED, "over the number of requests per hour")             \
	X(ERR_DESTINATION, 70, CAT_REFUSED, "a destination that the policy does not list")         \
	X(ERR_APPROVALS, 71, CAT_REFUSED, "not enough approvals")                                  \
	X(ERR_NOT_UNATTENDED, 72, CAT_REFUSED, "needs a person")                                   \
	X(ERR_NOT_CONFIRMED, 73, CAT_REFUSED, "not confirmed")                                     \
	X(ERR_CLOCK_BEHIND, 74, CAT_REFUSED, "the clock is behind the journal's newest entry")     \
	X(ERR_CLOCK_JUMP, 75, CAT_REFUSED, "the clock jumped far ahead")                           \
	X(ERR_ROLLED_BACK, 76, CAT_REFUSED, "the journal is older than the watcher has seen")      \
	X(ERR_INPUT_NOT_OURS, 77, CAT_REFUSED, "an input is not ours")                             \
	X(ERR_INPUT_AMOUNT, 78, CAT_REFUSED, "an input's commitment does not open to its amount")  \
	X(ERR_INPUT_TWICE, 79, CAT_REFUSED, "an input appears twice or was signed away before")    \
	X(ERR_RING, 80, CAT_REFUSED, "a ring is not well formed")                                  \
	X(ERR_BALANCE, 81, CAT_REFUSED, "amounts do not add up")                                   \
	X(ERR_CHANGE, 82, CAT_REFUSED, "change does not go to our own address")                    \
	X(ERR_PAYOUT_TWICE, 83, CAT_REFUSED, "a payout signed before, not in conflict with it")    \
	X(ERR_PAYOUT_CHANGED, 84, CAT_REFUSED, "a payout id used before with other content")       \
	X(ERR_REQUEST_EXPIRED, 85, CAT_REFUSED, "the request has expired")                         \
	X(ERR_REQUEST_STALE, 86, CAT_REFUSED, "an older request number than one already answered") \
	X(ERR_TX_SHAPE, 87, CAT_REFUSED, "a transaction has too few or too many parts")            \
	X(ERR_TX_TYPE, 88, CAT_REFUSED, "a transaction type this version does not know")           \
	X(ERR_NO_POLICY, 89, CAT_REFUSED, "no policy has been set")                                \
	X(ERR_APPROVER, 90, CAT_REFUSED, "an approval by a key that the policy does not name")     \
	X(ERR_REPLY_LOST, 95, CAT_REFUSED, "answered before, but the reply is not here any more")  \
	/* messages */                                                                             \
	X(ERR_MSG_TRUNCATED, 100, CAT_MESSAGE, "a message is cut short")                           \
	X(ERR_MSG_FORMAT, 101, CAT_MESSAGE, "a message does not have the expected form")           \
	X(ERR_MSG_CANONICAL, 102, CAT_MESSAGE, "a message is not in canonical form")               \
	X(ERR_MSG_VERSION, 103, CAT_MESSAGE, "a message of a version this program does not know")  \
	X(ERR_MSG_TYPE, 104, CAT_MESSAGE, "a message of another kind")                             \
	X(ERR_MSG_NETWORK, 105, CAT_MESSAGE, "a message for another network")                      \
	X(ERR_MSG_SENDER, 106, CAT_MESSAGE, "a message from a sender that is not paired")          \
	X(ERR_MSG_RECIPIENT, 107, CAT_MESSAGE, "a message that was not sealed to us")              \
	X(ERR_MSG_SIGNATURE, 108, CAT_MESSAGE, "a message with a wrong signature")                 \
	X(ERR_MSG_SIZE, 109, CAT_MESSAGE, "a message larger than allowed")                         \
	X(ERR_MSG_REPLAYED, 110, CAT_MESSAGE, "a message seen before")                             \
	X(ERR_MSG_UNKNOWN, 111, CAT_MESSAGE, "a message about something we do not know")           \
	X(ERR_PARSE_END, 112, CAT_MESSAGE, "data ends too early")                                  \
	X(ERR_PARSE_TRAILING, 113, CAT_MESSAGE, "data goes on after its end")                      \
	X(ERR_PARSE_VALUE, 114, CAT_MESSAGE, "data holds a value out of range")                    \
	X(ERR_POINT, 115, CAT_MESSAGE, "not a point of the curve, or not of its prime subgroup")   \
	X(ERR_SCALAR, 116, CAT_MESSAGE, "not a reduced scalar")                                    \
	X(ERR_PROOF, 117, CAT_MESSAGE, "a signature or proof does not verify")                     \
	X(ERR_JOURNAL_BROKEN, 118, CAT_MESSAGE, "the journal's chain is broken")                   \
	X(ERR_APPROVAL_FORMAT, 119, CAT_MESSAGE, "an approval does not have minisign's form")      \
	X(ERR_APPROVAL_SIGNATURE, 120, CAT_MESSAGE, "an approval's signature does not verify")     \
	X(ERR_UR_FORMAT, 123, CAT_MESSAGE, "a code that does not have the expected form")           \
	X(ERR_UR_CHECKSUM, 124, CAT_MESSAGE, "a code, or what codes add up to, with a wrong checksum") \
	X(ERR_UR_INCOMPLETE, 125, CAT_MESSAGE, "the codes ended before the message was whole")      \
	X(ERR_JOURNAL_FORK, 121, CAT_MESSAGE, "a copy of the journal that tells another story")    \
	/* node */                                                                                 \
	X(ERR_NODE_UNREACHABLE, 140, CAT_NODE, "the node cannot be reached")                       \
	X(ERR_NODE_BUSY, 141, CAT_NODE, "the node is busy")                                        \
	X(ERR_NODE_BEHIND, 142, CAT_NODE, "the node is behind the network")                        \
	X(ERR_NODE_ANSWER, 143, CAT_NODE, "the node gave an answer that makes no sense")           \
	X(ERR_NODE_NETWORK, 144, CAT_NODE, "the node is of another network")                       \
	X(ERR_NODE_FORK, 145, CAT_NODE, "the node is on a hard fork this version does not know")   \
	X(ERR_NODE_REJECTED, 146, CAT_NODE, "the node rejected the transaction")                   \
	X(ERR_NODE_AUTH, 147, CAT_NODE, "the node refused the login")                              \
	X(ERR_NODE_REORG, 148, CAT_NODE, "the chain was reorganised deeper than is remembered")    \
	X(ERR_NODE_DISAGREE, 149, CAT_NODE, "the nodes disagree")                                  \
	X(ERR_NODE_STALLED, 150, CAT_NODE, "the node's chain stands still")                        \
	/* webhooks */                                                                             \
	X(ERR_WEBHOOK_ADDRESS, 160, CAT_FAILED, "an address that a webhook may not go to")
/* clang-format on */

enum err {
#define X(name, number, category, text) name = number,
	ERR_TABLE(X)
#undef X
};

/* The fixed name of a code, as in the table without "ERR_" and in lower case ("limit_day"). Static.
 */
const char *err_name(enum err e);

/* The table's sentence for a code. Static; never NULL. */
const char *err_text(enum err e);

/* The category of a code; a number outside the table is CAT_FAILED. */
enum err_category err_category(enum err e);

/* The process exit code for a code: design.md, "Interfaces". */
int err_exit_code(enum err e);

/* Whether n is a code of the table (a number from a message may not be one). */
int err_known(uint64_t n);

/*
 * Sets this thread's detail ("what, where, what to do") and returns e, so that a function fails
 * with `return err_set(ERR_X, ...)`. Replaces an earlier detail. Never pass a secret.
 */
enum err err_set(enum err e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Puts words in front of the present detail ("transaction 2, input 0: ..."); returns e. */
enum err err_wrap(enum err e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* This thread's detail, "" when none was set since err_clear. Valid until the next err_* call. */
const char *err_detail(void);
void err_clear(void);

/* For the rare caller that goes on whatever happened; the name says so at the call. */
static inline void err_ignore(enum err e)
{
	(void)e;
}

#endif

/* Addresses: base58 in blocks, network prefix, keys, payment id, checksum. Source: monero
 * src/cryptonote_basic/cryptonote_basic_impl.cpp, src/common/base58.cpp. */
#ifndef AIRLOCK_MONERO_ADDRESS_H
#define AIRLOCK_MONERO_ADDRESS_H

#include "common/monero/keys.h"

enum address_kind { ADDRESS_STANDARD, ADDRESS_SUBADDRESS, ADDRESS_INTEGRATED };

struct address {
	enum network network;
	enum address_kind kind;
	struct public_key spend;
	struct public_key view;
	uint8_t payment_id[8]; /* integrated only, else zero */
};

#define ADDRESS_TEXT_MAX 107 /* an integrated address and its terminator */

/* ERR_ADDR_* telling the faults apart; both keys must decode to points. Any network. */
enum err MUST_CHECK address_parse(struct address *out, const char *text);
/* As above and ERR_ADDR_NETWORK unless it is of this network. */
enum err MUST_CHECK address_parse_for(struct address *out, const char *text, enum network network);
char *address_format(char out[static ADDRESS_TEXT_MAX], const struct address *a);
bool address_equal(const struct address *a, const struct address *b);

/* Our own address at an index. */
void address_of(struct address *out, const struct account_view *account, struct subaddress at);

#endif

/* Payment requests for other people's wallets: monero: URIs (monero src/wallet/wallet2.cpp). */
#ifndef AIRLOCK_WATCHER_INVOICES_URI_H
#define AIRLOCK_WATCHER_INVOICES_URI_H

#include "common/base/amount.h"
#include "common/base/bytes.h"
#include "common/monero/address.h"

/* Appends "monero:ADDRESS?tx_amount=..."; the texts may be "" and are escaped. */
void payment_uri(struct buf *out, const struct address *to, struct amount amount,
		 const char *recipient, const char *description);

#endif

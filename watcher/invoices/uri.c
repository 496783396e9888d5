/* monero: URIs, as the official wallets read them. */
#include "watcher/invoices/uri.h"

#include <string.h>

static void put_escaped(struct buf *b, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";
	for (; *text; text++) {
		if (strchr(plain, *text)) {
			buf_u8(b, (uint8_t)*text);
		} else {
			buf_printf(b, "%%%02X", (unsigned char)*text);
		}
	}
}

void payment_uri(struct buf *out, const struct address *to, struct amount amount,
		 const char *recipient, const char *description)
{
	char address[ADDRESS_TEXT_MAX], text[AMOUNT_TEXT_MAX];
	buf_printf(out, "monero:%s?tx_amount=%s", address_format(address, to),
		   amount_format(text, amount));
	if (*recipient) {
		buf_text(out, "&recipient_name=");
		put_escaped(out, recipient);
	}
	if (*description) {
		buf_text(out, "&tx_description=");
		put_escaped(out, description);
	}
}

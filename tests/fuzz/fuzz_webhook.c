/* A webhook's range and URL: whatever is taken as a range judges every address without harm. */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "tests/fuzz/fuzz.h"
#include "watcher/webhooks/webhooks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[600];
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	size_t keep = n < sizeof text - 1 ? n : sizeof text - 1;
	if (keep > 0) {
		memcpy(text, data, keep);
	}
	text[keep] = '\0';
	bool range = webhook_range_check(text) == ERR_OK;
	bool open = webhook_may_connect((const struct sockaddr *)&local, text, false);
	CHECK(range || !open);
	if (webhook_url_check(text, false) == ERR_OK) {
		CHECK(strncmp(text, "https://", 8) == 0 && !strpbrk(text, " \n\r\t\"#"));
	}
	return 0;
}

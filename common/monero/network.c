/* The three networks by name. */
#include <string.h>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/monero/keys.h"

static const char *const names[NETWORK_COUNT] = {"mainnet", "testnet", "stagenet"};

const char *network_name(enum network n)
{
	CHECK((unsigned)n < NETWORK_COUNT);
	return names[n];
}

enum err network_parse(enum network *out, const char *name)
{
	for (unsigned i = 0; i < NETWORK_COUNT; i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum network)i;
			return ERR_OK;
		}
	}
	char safe[32];
	*out = NETWORK_MAINNET;
	return err_set(ERR_USAGE, "'%s' is not a network: mainnet, testnet or stagenet",
		       text_safe(safe, sizeof safe, name, strlen(name)));
}

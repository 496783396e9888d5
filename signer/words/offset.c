#include "signer/words/offset.h"

#include "common/base/secret.h"
#include "signer/words/cryptonight.h"

enum err offset_remove(struct scalar *key, struct span passphrase)
{
	uint8_t hash[32];
	struct scalar offset;
	enum err rc = cryptonight(hash, passphrase);
	if (rc == ERR_OK) {
		sc_reduce32(&offset, hash);
		sc_sub(key, key, &offset);
	}
	secret_wipe(hash, sizeof hash);
	secret_wipe(&offset, sizeof offset);
	return rc;
}

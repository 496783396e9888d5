/*
 * A wallet, four payments to it and blocks of a regtest chain, made by monerod and
 * monero-wallet-rpc 0.18, with what the official wallet restored from the same words found in them.
 */
#ifndef AIRLOCK_TESTS_REGTEST_H
#define AIRLOCK_TESTS_REGTEST_H

#include "common/monero/keys.h"

/* The wallet watched. */
#define REGTEST_VIEW_KEY "97c8b1889bd6a29941b9dbb4a792506c7c30691bf90cc0eadc6189528ee4d70a"
#define REGTEST_VIEW_PUBLIC "7f00f1e2ab29068245eae6afb5109b3ef8cfd99f21bbd7926f80b1af312848f7"
#define REGTEST_SPEND_PUBLIC "dfe2c4106ca60e561c52796f96cc74f7dbe7f6d5d8e2339bc39191a0c824e214"
#define REGTEST_PRIMARY                                                                            \
	"4A7CL8y9TTbFQP6iqjezwDiTYVBefSuzJT477MCcDsqB4Rqbmy7wHNuNnp7wUjzwTxBXuaY5kmGsQRVcHTSkSiu5" \
	"UuJ6dTJ"
/* Subaddresses 0/1, 1/0 and 1/3. */
#define REGTEST_0_1                                                                                \
	"82hY4qyCHqGGmqXqXKFpCtDLy7FZ1SnKFjb7chAxynkxCoZDG71x2QfP3ZrKavdzTwhrofr4rEKpcVvKr6pUVxkc" \
	"TF3mZhF"
#define REGTEST_1_0                                                                                \
	"85mSCCoF3fnPvWHmkT3fcGiBb9vq2AwitWBFFb2tp3nZKfe51AHdt2j3tPaRC5aqztdanSkU1LKhkctRKAN1mjBg" \
	"MPm6J94"
#define REGTEST_1_3                                                                                \
	"83eaCNUhFQXCjwRczezUo1hsRL7VanfSG1vhQ2KW4w7KXQuLX3ftR1EbtxHMdzqNUu3peDtumwhBLaBF8jHN8o82" \
	"N82LmD5"
/* The primary address with payment id 1122334455667788. */
#define REGTEST_INTEGRATED                                                                         \
	"4KosLwne4j7FQP6iqjezwDiTYVBefSuzJT477MCcDsqB4Rqbmy7wHNuNnp7wUjzwTxBXuaY5kmGsQRVcHTSkSiu5" \
	"iKrodxnvfp2GNmj7WH"
#define REGTEST_PAYMENT_ID "1122334455667788"

/* REGTEST_TO_SEVERAL pays 0/0, 1/0, 1/3 and 0/0 again, with additional keys. */
enum {
	REGTEST_TO_PRIMARY,
	REGTEST_TO_SUBADDRESS,
	REGTEST_TO_INTEGRATED,
	REGTEST_TO_SEVERAL,
	REGTEST_TX_COUNT
};

/* Everything in hexadecimal as the node and the payer's wallet gave it. */
struct regtest_tx {
	const char *id;
	const char *prunable; /* hash of the prunable part */
	size_t base_size;     /* of the pruned blob */
	uint64_t fee;
	uint64_t weight;
	const char *keys; /* transaction secret keys */
	const char *blob;
};
extern const struct regtest_tx REGTEST_TXS[REGTEST_TX_COUNT];

struct regtest_block {
	uint64_t height;
	const char *id;
	const char *miner_tx; /* id */
	uint64_t time;
	size_t n_txs;
	const char *blob;
};
#define REGTEST_BLOCK_COUNT 5
extern const struct regtest_block REGTEST_BLOCKS[REGTEST_BLOCK_COUNT];

/* What the official wallet found, coinbase included. */
struct regtest_output {
	const char *tx;
	const char *key;
	uint64_t amount;
	struct subaddress at;
};
#define REGTEST_OUTPUT_COUNT 8
extern const struct regtest_output REGTEST_OUTPUTS[REGTEST_OUTPUT_COUNT];

#endif

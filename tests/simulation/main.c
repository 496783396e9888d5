/* simulate [--seed N] [--seeds COUNT] [--from N]: see tools/simulate. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/check.h"
#include "common/base/secret.h"
#include "tests/simulation/world.h"

#define STEPS 90

static const char *const STEP_NAMES[] = {"deposit",  "mine",     "sync",     "payout",  "request",
					 "answer",   "import",   "send",     "reorg",   "node",
					 "clock",    "hot cut",  "cold cut", "restart", "cancel",
					 "replay",   "resume",   "invoice",  "close",   "decide",
					 "snapshot", "rollback", "catch up", "copy",    "restore"};

static void run(struct world *w, const struct origin *o, uint64_t seed, bool trace)
{
	world_start(w, o, seed, trace);
	for (int i = 0; i < STEPS; i++) {
		world_step(w);
		oracle_always(w);
	}
	world_settle(w);
	oracle_always(w);
	oracle_settled(w);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
						{"seeds", required_argument, NULL, 'n'},
						{"from", required_argument, NULL, 'f'},
						{NULL, 0, NULL, 0}};
	uint64_t from = 1, count = 50, total[32] = {0}, invalid = 0;
	bool trace = false;
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's') {
			from = strtoull(optarg, NULL, 10);
			count = 1;
			trace = true;
		} else if (c == 'n') {
			count = strtoull(optarg, NULL, 10);
		} else if (c == 'f') {
			from = strtoull(optarg, NULL, 10);
		} else {
			fprintf(stderr, "usage: simulate [--seed N | --from N --seeds COUNT]\n");
			return 2;
		}
	}
	CHECK(secret_start() == ERR_OK);
	static struct origin origin;
	static struct world world;
	origin_make(&origin);
	for (uint64_t seed = from; seed < from + count; seed++) {
		run(&world, &origin, seed, trace);
		for (size_t i = 0; i < 32; i++) {
			total[i] += world.happened[i];
		}
		invalid += world.invalid;
		world_end(&world);
	}
	origin_free(&origin);
	/* A kind of step that never ran to its end would prove nothing. */
	bool idle = false;
	printf("%" PRIu64 " seeds:", count);
	for (size_t i = 0; i < sizeof STEP_NAMES / sizeof STEP_NAMES[0]; i++) {
		printf(" %s %" PRIu64, STEP_NAMES[i], total[i]);
		idle = idle || total[i] == 0;
	}
	printf(", %" PRIu64 " transactions lost their rings\n", invalid);
	return (idle || invalid == 0) && count >= 50 ? 1 : 0;
}

/* sync: up to the node's top block. */
#include <inttypes.h>
#include <string.h>

#include "common/base/log.h"
#include "watcher/cli/cli.h"
#include "watcher/cli/progress.h"

enum err cmd_sync(const struct options *o)
{
	struct opened p;
	struct sync_result r = {0};
	struct out out;
	size_t added = 0, dropped = 0;
	struct progress bar;
	progress_begin(&bar);
	enum err rc = opened_open(&p, o, ACCESS_WRITE);
	while (rc == ERR_OK && !r.done) {
		rc = watcher_sync_step(&p.w, &r);
		added += r.added;
		dropped += r.dropped;
		if (rc == ERR_OK) {
			(void)progress_show(&bar, &r);
		}
	}
	if (rc == ERR_OK) {
		rc = chore_requests(&p.w);
	}
	if (rc == ERR_OK && !r.node_ready) {
		log_line(LOG_WARN, "the node is not healthy (see status): nothing is credited");
	}
	if (rc == ERR_OK) {
		out_begin(&out, o->json);
		json_open(&out, NULL, '{');
		json_number(&out, "height", r.height);
		json_number(&out, "node_height", r.node_height);
		json_number(&out, "added", added);
		json_number(&out, "dropped", dropped);
		json_bool(&out, "node_ready", r.node_ready);
		json_close(&out, '}');
		say(&out, "height %" PRIu64 ": %zu blocks added, %zu replaced", r.height, added,
		    dropped);
		rc = out_end(&out);
	}
	opened_close(&p);
	return rc;
}

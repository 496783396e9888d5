/* Subscribers: how far each is, what was given up, and that nothing is kept for nobody. */
#include <string.h>

#include "common/base/secret.h"
#include "watcher/verify/verify.h"
#include "watcher/webhooks/subscribers.h"

static bool is_sound(const struct webhook *h)
{
	bool failing = h->failing_since != 0;
	return h->secret[0].kind != WEBHOOK_NONE && (h->attempts != 0) == failing &&
	       (h->step_ms != 0) == failing && (failing || h->next_try == 0) &&
	       webhook_url_check(h->url, h->range[0] != '\0') == ERR_OK &&
	       (h->range[0] == '\0' || webhook_range_check(h->range) == ERR_OK);
}

static enum err verify_subscriber(struct verifying *v, struct span key, struct span value)
{
	struct webhook h;
	enum err rc = subscriber_decode(&h, key, value);
	if (rc == ERR_OK && h.position > v->events.number) {
		rc = err_set(ERR_DB_DAMAGED, "webhook %s was told more events than there are",
			     h.name);
	}
	if (rc == ERR_OK && !is_sound(&h)) {
		rc = err_set(ERR_DB_DAMAGED, "the state of webhook %s contradicts itself", h.name);
	}
	secret_wipe(&h, sizeof h);
	return rc;
}

/* A dead letter is of a subscriber that has gone past it, and counted as given up. */
static enum err verify_letter(struct verifying *v, struct span key, struct span value)
{
	struct webhook h = {0};
	char name[WEBHOOK_NAME_MAX + 1] = "";
	(void)value;
	if (key.n < 10 || key.n > WEBHOOK_NAME_MAX + 9 || key.p[key.n - 9] != 0) {
		return verify_wrong("a record of dead letters has a bad key");
	}
	memcpy(name, key.p, key.n - 9);
	uint64_t number = load64_be(key.p + key.n - 8);
	enum err rc = subscriber_read(&h, v->t, name);
	bool good = rc == ERR_OK && number > 0 && number <= h.position && h.dead > 0;
	secret_wipe(&h, sizeof h);
	return rc == ERR_NOT_FOUND || (rc == ERR_OK && !good)
		   ? verify_wrong("a dead letter is of nobody, or of an event still to be told")
		   : rc;
}

enum err verify_webhooks(struct verifying *v, uint64_t *records)
{
	uint64_t letters = 0;
	enum err rc = verify_each(v, T_WEBHOOKS, verify_subscriber, records);
	if (rc == ERR_OK) {
		rc = verify_each(v, T_DEAD_LETTERS, verify_letter, &letters);
	}
	*records += letters;
	return rc;
}

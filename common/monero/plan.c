/* What a plan owns, and what is left over from its inputs. */
#include "common/monero/plan.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"

void plan_free(struct plan *p)
{
	/* Masks and amounts say to an observer what is hidden on the chain. */
	if (p->in) {
		secret_wipe(p->in, p->n_in * sizeof *p->in);
	}
	if (p->out) {
		secret_wipe(p->out, p->n_out * sizeof *p->out);
	}
	free(p->in);
	free(p->out);
	memset(p, 0, sizeof *p);
}

enum err plan_change(struct amount *out, const struct plan *p)
{
	struct amount in = amount_of(0), spent = p->fee;
	*out = amount_of(0);
	for (size_t i = 0; i < p->n_in; i++) {
		if (!amount_add(&in, in, p->in[i].amount)) {
			return err_set(ERR_BALANCE, "the inputs add up to too much");
		}
	}
	for (size_t i = 0; i < p->n_out; i++) {
		if (!amount_add(&spent, spent, p->out[i].amount)) {
			return err_set(ERR_BALANCE, "the payouts add up to too much");
		}
	}
	if (!amount_sub(out, in, spent)) {
		char have[AMOUNT_TEXT_MAX], need[AMOUNT_TEXT_MAX];
		return err_set(ERR_BALANCE, "the inputs hold %s XMR, payouts and fee need %s XMR",
			       amount_format(have, in), amount_format(need, spent));
	}
	return ERR_OK;
}

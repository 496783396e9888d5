/*
 * What a person sees before deciding: the whole request in 80 columns, without colour, every text
 * from the watcher made safe, every amount aligned on its decimal point. The JSON says the same.
 */
#ifndef AIRLOCK_SIGNER_REVIEW_H
#define AIRLOCK_SIGNER_REVIEW_H

#include "signer/session/assess.h"

void review_text(struct buf *out, const struct assessment *a);
void review_json(struct buf *out, const struct assessment *a);

#endif

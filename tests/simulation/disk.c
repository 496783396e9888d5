/* Ordered tables in memory with an undo log: see disk.h. */
#include "tests/simulation/disk.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"

struct record {
	struct span key;
	struct span value;
};

struct table {
	struct record *r;
	size_t n, cap;
};

struct undo {
	unsigned table;
	struct span key;
	bool existed;
	struct span value;
};

struct disk {
	struct table tables[DISK_TABLES_MAX];
	struct undo *undo;
	size_t n_undo, cap_undo;
	bool writing, dead;
	enum power_cut cut;
	unsigned countdown;
	uint64_t commits;
};

/* What a transaction handle points to, so that reads and writes are told apart. */
static char reading_handle, writing_handle;

static struct span copy_span(struct span s)
{
	uint8_t *p = malloc(s.n ? s.n : 1);
	CHECK(p);
	if (s.n) {
		memcpy(p, s.p, s.n);
	}
	return (struct span){p, s.n};
}

static void free_span(struct span s)
{
	free((void *)(uintptr_t)s.p);
}

static int compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Index of the first record with key >= the given one. */
static size_t lower_bound(const struct table *t, struct span key)
{
	size_t lo = 0, hi = t->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (compare(t->r[mid].key, key) < 0) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo;
}

static bool holds(const struct table *t, size_t at, struct span key)
{
	return at < t->n && compare(t->r[at].key, key) == 0;
}

/* Puts the record; hands over the value it replaces, {NULL, 0} if none. */
static struct span set_record(struct table *t, struct span key, struct span value)
{
	size_t at = lower_bound(t, key);
	struct span fresh = copy_span(value);
	if (holds(t, at, key)) {
		struct span old = t->r[at].value;
		t->r[at].value = fresh;
		return old;
	}
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->r = realloc(t->r, t->cap * sizeof *t->r);
		CHECK(t->r);
	}
	memmove(&t->r[at + 1], &t->r[at], (t->n - at) * sizeof *t->r);
	t->r[at] = (struct record){copy_span(key), fresh};
	t->n++;
	return (struct span){NULL, 0};
}

/* Takes the record out and hands it over. */
static struct record take_record(struct table *t, size_t at)
{
	struct record old = t->r[at];
	memmove(&t->r[at], &t->r[at + 1], (t->n - at - 1) * sizeof *t->r);
	t->n--;
	return old;
}

static void forget_undo(struct disk *d)
{
	for (size_t i = 0; i < d->n_undo; i++) {
		free_span(d->undo[i].key);
		free_span(d->undo[i].value);
	}
	d->n_undo = 0;
	d->writing = false;
}

static void roll_back(struct disk *d)
{
	for (size_t i = d->n_undo; i-- > 0;) {
		struct undo *u = &d->undo[i];
		struct table *t = &d->tables[u->table];
		if (u->existed) {
			free_span(set_record(t, u->key, u->value));
		} else {
			struct record gone = take_record(t, lower_bound(t, u->key));
			free_span(gone.key);
			free_span(gone.value);
		}
	}
	forget_undo(d);
}

/* What a write replaced is kept until the transaction ends: callers may still hold spans of it. */
static void remember(struct disk *d, unsigned table, struct span key, bool existed,
		     struct span value)
{
	if (d->n_undo == d->cap_undo) {
		d->cap_undo = d->cap_undo ? 2 * d->cap_undo : 64;
		d->undo = realloc(d->undo, d->cap_undo * sizeof *d->undo);
		CHECK(d->undo);
	}
	d->undo[d->n_undo++] = (struct undo){table, key, existed, value};
}

static enum err disk_begin(void *ctx, bool write, void **txn)
{
	struct disk *d = ctx;
	*txn = NULL;
	if (d->dead) {
		return ERR_IO;
	}
	CHECK(!(write && d->writing));
	d->writing = d->writing || write;
	*txn = write ? &writing_handle : &reading_handle;
	return ERR_OK;
}

static void disk_abort(void *ctx, void *txn)
{
	struct disk *d = ctx;
	if (txn == &writing_handle && d->writing) {
		roll_back(d);
	}
}

static enum err disk_commit(void *ctx, void *txn)
{
	struct disk *d = ctx;
	if (txn == &reading_handle) {
		return ERR_OK;
	}
	if (d->dead) {
		roll_back(d);
		return ERR_IO;
	}
	bool now = d->cut != CUT_NONE && --d->countdown == 0;
	if (now && d->cut == CUT_BEFORE_COMMIT) {
		roll_back(d);
	} else {
		forget_undo(d);
		d->commits++;
	}
	if (now) {
		d->dead = true;
		d->cut = CUT_NONE;
		return ERR_IO;
	}
	return ERR_OK;
}

static enum err disk_get(void *ctx, void *txn, unsigned table, struct span key, struct span *value)
{
	(void)txn;
	struct disk *d = ctx;
	*value = (struct span){NULL, 0};
	if (d->dead) {
		return ERR_IO;
	}
	struct table *t = &d->tables[table];
	size_t at = lower_bound(t, key);
	if (!holds(t, at, key)) {
		return ERR_NOT_FOUND;
	}
	*value = t->r[at].value;
	return ERR_OK;
}

static enum err disk_put(void *ctx, void *txn, unsigned table, struct span key, struct span value)
{
	struct disk *d = ctx;
	CHECK(txn == &writing_handle && table < DISK_TABLES_MAX);
	if (d->dead) {
		return ERR_IO;
	}
	struct span mine = copy_span(key);
	struct span old = set_record(&d->tables[table], key, value);
	remember(d, table, mine, old.p != NULL, old);
	return ERR_OK;
}

static enum err disk_del(void *ctx, void *txn, unsigned table, struct span key)
{
	struct disk *d = ctx;
	CHECK(txn == &writing_handle);
	if (d->dead) {
		return ERR_IO;
	}
	struct table *t = &d->tables[table];
	size_t at = lower_bound(t, key);
	if (!holds(t, at, key)) {
		return ERR_NOT_FOUND;
	}
	struct record gone = take_record(t, at);
	remember(d, table, gone.key, true, gone.value);
	return ERR_OK;
}

static enum err disk_seek(void *ctx, void *txn, unsigned table, struct span key, bool after,
			  bool backwards, struct span *found_key, struct span *value)
{
	(void)txn;
	struct disk *d = ctx;
	if (d->dead) {
		return ERR_IO;
	}
	struct table *t = &d->tables[table];
	size_t at = lower_bound(t, key);
	if (!backwards) {
		at += after && holds(t, at, key);
	} else if (key.n == 0) {
		at = t->n - 1;
	} else if (after || !holds(t, at, key)) {
		at--; /* wraps below the first record, which the next line refuses */
	}
	if (at >= t->n) {
		return ERR_NOT_FOUND;
	}
	*found_key = t->r[at].key;
	*value = t->r[at].value;
	return ERR_OK;
}

static void disk_close(void *ctx)
{
	struct disk *d = ctx;
	if (d->writing) {
		roll_back(d);
	}
}

struct disk *disk_new(void)
{
	struct disk *d = calloc(1, sizeof *d);
	CHECK(d);
	return d;
}

static void clear(struct disk *d)
{
	for (unsigned i = 0; i < DISK_TABLES_MAX; i++) {
		for (size_t j = 0; j < d->tables[i].n; j++) {
			free_span(d->tables[i].r[j].key);
			free_span(d->tables[i].r[j].value);
		}
		free(d->tables[i].r);
		d->tables[i] = (struct table){0};
	}
	forget_undo(d);
}

void disk_free(struct disk *d)
{
	if (d) {
		clear(d);
		free(d->undo);
		free(d);
	}
}

enum err disk_open(struct db **out, struct disk *d)
{
	struct db_backend backend = {
	    .ctx = d,
	    .begin = disk_begin,
	    .commit = disk_commit,
	    .abort = disk_abort,
	    .get = disk_get,
	    .put = disk_put,
	    .del = disk_del,
	    .seek = disk_seek,
	    .close = disk_close,
	};
	return db_open_backend(out, backend);
}

void disk_cut_at(struct disk *d, enum power_cut cut, unsigned n)
{
	d->cut = cut;
	d->countdown = n;
}

bool disk_is_dead(const struct disk *d)
{
	return d->dead;
}

void disk_power_on(struct disk *d)
{
	if (d->writing) {
		roll_back(d);
	}
	d->dead = false;
}

uint64_t disk_commits(const struct disk *d)
{
	return d->commits;
}

void disk_restore(struct disk *d, const struct disk *snapshot)
{
	clear(d);
	for (unsigned i = 0; i < DISK_TABLES_MAX; i++) {
		for (size_t j = 0; j < snapshot->tables[i].n; j++) {
			const struct record *r = &snapshot->tables[i].r[j];
			free_span(set_record(&d->tables[i], r->key, r->value));
		}
	}
}

struct disk *disk_snapshot(const struct disk *d)
{
	CHECK(!d->writing);
	struct disk *copy = disk_new();
	disk_restore(copy, d);
	return copy;
}

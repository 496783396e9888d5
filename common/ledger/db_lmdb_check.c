/*
 * The layout read here is that of LMDB 0.9 on a 64-bit little-endian machine (mdb.c: MDB_page,
 * MDB_meta, MDB_db, MDB_node). Everything LMDB would follow is followed first: each page is reached
 * once, says what it should be, keeps its offsets inside itself and its keys in order and between
 * those of its parents (else a look-up would miss a record that is there), the counts agree, and no
 * page in use is on the free list. Values are not read: records carry their own checksums.
 */
#include "common/ledger/db_lmdb_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/file.h"

#define HEADER 16
#define META_MAGIC 0xBEEFC0DEu
#define META_VERSION 1
#define META_SIZE 136
#define DB_SIZE 48
#define NODE_HEADER 8
#define DEPTH_MAX 32
#define NO_PAGE UINT64_MAX
#define KEY_BYTES_MAX 511

enum { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8 };
enum { NODE_BIG = 1, NODE_SUB = 2 };
enum tree_kind { TREE_FREE, TREE_NAMES, TREE_RECORDS };
#define FREE_TREE_FLAGS 8 /* MDB_INTEGERKEY */

struct tree {
	enum tree_kind kind;
	unsigned flags, depth;
	uint64_t branches, leaves, overflow, entries, root;
};

struct meta {
	size_t page_size;
	uint64_t last_page, txn;
	struct tree tree[2]; /* the free list; the names of all other trees */
};

struct check {
	const char *path;
	int fd;
	size_t page_size;
	uint64_t pages; /* page numbers below this are in use or free */
	uint8_t *seen;  /* a bit a page */
	struct tree count;
};

static unsigned u16(const uint8_t *p)
{
	return (unsigned)p[0] | (unsigned)p[1] << 8;
}

static enum err damaged(const struct check *c, uint64_t page, const char *what)
{
	return err_set(ERR_DB_DAMAGED, "%s: page %llu %s", c->path, (unsigned long long)page, what);
}

static void parse_tree(struct tree *out, enum tree_kind kind, const uint8_t *p)
{
	*out = (struct tree){.kind = kind,
			     .flags = u16(p + 4),
			     .depth = u16(p + 6),
			     .branches = load64_le(p + 8),
			     .leaves = load64_le(p + 16),
			     .overflow = load64_le(p + 24),
			     .entries = load64_le(p + 32),
			     .root = load64_le(p + 40)};
}

static enum err read_at(const struct check *c, uint64_t page, void *out, size_t n)
{
	size_t got = 0;
	while (got < n) {
		ssize_t r =
		    pread(c->fd, (uint8_t *)out + got, n - got, (off_t)(page * c->page_size + got));
		if (r < 0 && errno != EINTR) {
			return err_errno(errno, "cannot read", c->path);
		}
		if (r == 0) {
			return damaged(c, page, "is beyond the end of the file");
		}
		got += r > 0 ? (size_t)r : 0;
	}
	return ERR_OK;
}

static enum err read_meta(struct meta *out, const struct check *c, uint64_t slot)
{
	uint8_t page[HEADER + META_SIZE];
	enum err rc = read_at(c, slot, page, sizeof page);
	if (rc != ERR_OK) {
		return rc;
	}
	const uint8_t *m = page + HEADER;
	uint64_t head = load64_le(m);
	if (load64_le(page) != slot || !(u16(page + 10) & PAGE_META) ||
	    head != ((uint64_t)META_VERSION << 32 | META_MAGIC)) {
		return damaged(c, slot, "is not the head of a store");
	}
	out->page_size = u16(m + 24) | (size_t)u16(m + 26) << 16;
	parse_tree(&out->tree[0], TREE_FREE, m + 24);
	parse_tree(&out->tree[1], TREE_NAMES, m + 24 + DB_SIZE);
	out->last_page = load64_le(m + 24 + 2 * DB_SIZE);
	out->txn = load64_le(m + 32 + 2 * DB_SIZE);
	return ERR_OK;
}

/* Notes that n pages from `page` are reached, each for the first time. */
static enum err mark(struct check *c, uint64_t page, uint64_t n)
{
	for (uint64_t i = page; n > 0; i++, n--) {
		if (i < 2 || i >= c->pages) {
			return damaged(c, i, "is pointed to but does not exist");
		}
		if (c->seen[i / 8] >> (i % 8) & 1) {
			return damaged(c, i, "is used twice");
		}
		c->seen[i / 8] = (uint8_t)(c->seen[i / 8] | 1u << (i % 8));
	}
	return ERR_OK;
}

static int compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* Free-list keys are native numbers (transaction ids). */
static int compare_in(enum tree_kind kind, struct span a, struct span b)
{
	if (kind == TREE_FREE && a.n == 8 && b.n == 8) {
		uint64_t x = load64_le(a.p), y = load64_le(b.p);
		return (x > y) - (x < y);
	}
	return compare(a, b);
}

struct node {
	unsigned flags;
	uint64_t child; /* of a branch */
	size_t data_size;
	struct span key;
	const uint8_t *data; /* of a leaf; all data_size bytes unless NODE_BIG */
};

static enum err parse_node(struct node *out, const struct check *c, uint64_t number,
			   const uint8_t *page, size_t i, bool leaf)
{
	size_t upper = u16(page + 14), at = u16(page + HEADER + 2 * i);
	if (at < upper || at % 2 || at + NODE_HEADER > c->page_size) {
		return damaged(c, number, "has a record outside itself");
	}
	const uint8_t *n = page + at;
	uint64_t low = u16(n) | (uint64_t)u16(n + 2) << 16;
	unsigned flags = u16(n + 4);
	size_t key = u16(n + 6), room = c->page_size - at - NODE_HEADER;
	*out = (struct node){.flags = leaf ? flags : 0,
			     .child = leaf ? 0 : low | (uint64_t)flags << 32,
			     .data_size = leaf ? (size_t)low : 0,
			     .key = {n + NODE_HEADER, key},
			     .data = n + NODE_HEADER + key};
	size_t inside = leaf ? flags & NODE_BIG ? 8 : out->data_size : 0;
	if (key > room || inside > room - key || key > KEY_BYTES_MAX ||
	    (leaf && (flags > NODE_SUB || key == 0))) {
		return damaged(c, number, "has a record that does not fit");
	}
	return ERR_OK;
}

static enum err walk_tree(struct check *c, const struct tree *tree);

/* The page numbers of one free-list record: descending, and none of them in use. */
static enum err check_free(struct check *c, uint64_t number, const uint8_t *data, size_t n)
{
	uint64_t count = n >= 8 ? load64_le(data) : NO_PAGE, previous = NO_PAGE;
	if (n % 8 || count > n / 8 - 1) {
		return damaged(c, number, "has a free list that does not fit");
	}
	for (uint64_t i = 1; i <= count; i++) {
		uint64_t page = load64_le(data + 8 * i);
		if (page >= previous) {
			return damaged(c, number, "has a free list out of order");
		}
		enum err rc = mark(c, page, 1);
		if (rc != ERR_OK) {
			return rc;
		}
		previous = page;
	}
	return ERR_OK;
}

static enum err check_big(struct check *c, enum tree_kind kind, uint64_t number,
			  const struct node *node)
{
	uint8_t head[HEADER] = {0};
	uint64_t first = load64_le(node->data);
	uint64_t least = (node->data_size + HEADER + c->page_size - 1) / c->page_size;
	enum err rc = first < c->pages ? read_at(c, first, head, sizeof head)
				       : damaged(c, first, "is pointed to but does not exist");
	if (rc != ERR_OK) {
		return rc;
	}
	/* A value that was replaced by a smaller one keeps its pages. */
	uint64_t pages = u16(head + 12) | (uint64_t)u16(head + 14) << 16;
	if (load64_le(head) != first || u16(head + 10) != PAGE_OVERFLOW || pages < least) {
		return damaged(c, first, "is not the large record it should be");
	}
	rc = mark(c, first, pages);
	if (rc != ERR_OK) {
		return rc;
	}
	c->count.overflow += pages;
	uint8_t *whole = malloc(HEADER + node->data_size);
	if (!whole) {
		return ERR_NO_MEMORY;
	}
	/* Read to its end, so that a value cut off by the end of the file is found here. */
	rc = read_at(c, first, whole, HEADER + node->data_size);
	if (rc == ERR_OK && kind == TREE_FREE) {
		rc = check_free(c, number, whole + HEADER, node->data_size);
	}
	free(whole);
	return rc;
}

static enum err check_leaf(struct check *c, enum tree_kind kind, uint64_t number,
			   const struct node *node)
{
	c->count.entries++;
	bool sub = node->flags & NODE_SUB;
	if (sub != (kind == TREE_NAMES) || (sub && node->data_size != DB_SIZE) ||
	    (kind == TREE_FREE && node->key.n != 8)) {
		return damaged(c, number, "has a record of the wrong kind");
	}
	if (node->flags & NODE_BIG) {
		return check_big(c, kind, number, node);
	}
	if (kind == TREE_FREE) {
		return check_free(c, number, node->data, node->data_size);
	}
	if (sub) {
		struct tree below, outer = c->count;
		parse_tree(&below, TREE_RECORDS, node->data);
		enum err rc = walk_tree(c, &below);
		c->count = outer;
		return rc;
	}
	return ERR_OK;
}

/* All keys of the page lie in [low, high); an empty bound is none. */
static enum err walk_page(struct check *c, const struct tree *tree, uint64_t number, unsigned level,
			  struct span low, struct span high)
{
	enum err rc = mark(c, number, 1);
	if (rc != ERR_OK) {
		return rc;
	}
	uint8_t *page = malloc(c->page_size);
	if (!page) {
		return ERR_NO_MEMORY;
	}
	rc = read_at(c, number, page, c->page_size);
	if (rc != ERR_OK) {
		goto out;
	}
	bool leaf = level == tree->depth;
	size_t lower = u16(page + 12), upper = u16(page + 14);
	size_t count = lower >= HEADER ? (lower - HEADER) / 2 : 0;
	if (load64_le(page) != number || u16(page + 10) != (leaf ? PAGE_LEAF : PAGE_BRANCH) ||
	    lower % 2 || lower > upper || upper > c->page_size || count < (leaf ? 1 : 2)) {
		rc = damaged(c, number, "has a broken head");
		goto out;
	}
	*(leaf ? &c->count.leaves : &c->count.branches) += 1;
	struct node node, next;
	rc = parse_node(&node, c, number, page, 0, leaf);
	for (size_t i = 0; rc == ERR_OK && i < count; i++, node = next) {
		/* The first key of a branch is not looked at by anybody. */
		struct span key = leaf || i ? node.key : low;
		struct span end = high;
		if (i + 1 < count) {
			rc = parse_node(&next, c, number, page, i + 1, leaf);
			end = next.key;
		}
		if (rc == ERR_OK && ((low.n && compare_in(tree->kind, key, low) < 0) ||
				     (end.n && compare_in(tree->kind, key, end) >= 0))) {
			rc = damaged(c, number, "has its keys out of order");
		}
		if (rc == ERR_OK) {
			rc = leaf ? check_leaf(c, tree->kind, number, &node)
				  : walk_page(c, tree, node.child, level + 1, key, end);
		}
	}
out:
	free(page);
	return rc;
}

static enum err walk_tree(struct check *c, const struct tree *tree)
{
	c->count = (struct tree){.kind = tree->kind};
	bool empty = tree->root == NO_PAGE;
	if (tree->flags != (tree->kind == TREE_FREE ? FREE_TREE_FLAGS : 0) ||
	    empty != (tree->depth == 0) || tree->depth > DEPTH_MAX) {
		return damaged(c, tree->root, "is the root of an impossible tree");
	}
	enum err rc =
	    empty ? ERR_OK : walk_page(c, tree, tree->root, 1, (struct span){0}, (struct span){0});
	if (rc == ERR_OK &&
	    (c->count.entries != tree->entries || c->count.leaves != tree->leaves ||
	     c->count.branches != tree->branches || c->count.overflow != tree->overflow)) {
		return damaged(c, tree->root, "is the root of a tree with wrong counts");
	}
	return rc;
}

/* The newest of the two heads; they are one transaction apart and alternate. */
static enum err choose_meta(struct meta *out, struct check *c)
{
	struct meta a, b;
	c->page_size = 4096; /* not used to find the first page */
	enum err rc = read_meta(&a, c, 0);
	if (rc != ERR_OK) {
		return rc;
	}
	c->page_size = a.page_size;
	if (a.page_size < 512 || a.page_size > 65536 || a.page_size & (a.page_size - 1)) {
		return damaged(c, 0, "has an impossible page size");
	}
	rc = read_meta(&b, c, 1);
	if (rc != ERR_OK) {
		return rc;
	}
	*out = b.txn > a.txn ? b : a;
	bool fresh = a.txn == 0 && b.txn == 0;
	if (a.page_size != b.page_size ||
	    (!fresh && (a.txn % 2 != 0 || b.txn % 2 != 1 ||
			(a.txn > b.txn ? a.txn - b.txn : b.txn - a.txn) != 1))) {
		return damaged(c, 1, "does not fit to page 0");
	}
	return ERR_OK;
}

enum err db_lmdb_check(const char *path)
{
	struct check c = {.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC)};
	struct meta meta;
	struct stat st;
	if (c.fd < 0) {
		return errno == ENOENT ? ERR_OK : err_errno(errno, "cannot open", path);
	}
	enum err rc = fstat(c.fd, &st) == 0 ? ERR_OK : err_errno(errno, "cannot read", path);
	if (rc != ERR_OK || st.st_size == 0) {
		goto out;
	}
	rc = choose_meta(&meta, &c);
	if (rc != ERR_OK) {
		goto out;
	}
	/* Pages freed before they were ever written need not be in the file, but not by much. */
	uint64_t in_file = (uint64_t)st.st_size / c.page_size;
	if (meta.last_page < 1 || meta.last_page / 2 > in_file + 1024) {
		rc = damaged(&c, meta.last_page, "is said to be the last, far beyond the file");
		goto out;
	}
	c.pages = meta.last_page + 1;
	c.seen = calloc(c.pages / 8 + 1, 1);
	rc = c.seen ? walk_tree(&c, &meta.tree[0]) : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = walk_tree(&c, &meta.tree[1]);
	}
out:
	free(c.seen);
	close(c.fd);
	return rc;
}

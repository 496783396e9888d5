/* What a caller asks to be paid, as text: from the command line, or from a file of many. */
#ifndef AIRLOCK_WATCHER_PAYOUTS_ORDER_H
#define AIRLOCK_WATCHER_PAYOUTS_ORDER_H

#include "watcher/watcher.h"

#define ORDER_COLUMNS 6
#define CSV_FILE_MAX (8u << 20)
#define CSV_ROWS_MAX 50000
#define CSV_LINE_MAX 1024

/* "2026-11-23 20:15:04Z" or with a T between; UTC alone. ERR_USAGE. */
enum err MUST_CHECK time_parse(uint64_t *out, const char *text);

/* "high", "normal", "low". ERR_USAGE. */
enum err MUST_CHECK payout_priority_parse(enum payout_priority *out, const char *text);

/*
 * RFC 4180, strictly: a header that names the columns (id, address and amount; reference, priority
 * and not_before if wanted; in any order), then a row a line, all with as many fields. Lines end in
 * CRLF or LF; a field with a comma or a quote is quoted, quotes in it doubled; no field holds a
 * line break or anything but printable ASCII.
 */
struct csv {
	struct span left;
	unsigned line; /* of the row read last; the header is 1 */
	unsigned rows;
	size_t n; /* columns */
	unsigned column[ORDER_COLUMNS];
};

/* One row; text lives here, and order.id and order.reference point to it. */
struct csv_order {
	struct payout_order order;
	char text[ORDER_COLUMNS][CSV_LINE_MAX];
};

/* Reads the header. ERR_USAGE naming the line. The bytes must outlive it. */
enum err MUST_CHECK csv_open(struct csv *c, struct span text);
/* The next row. ERR_NOT_FOUND at the end; ERR_USAGE, ERR_AMOUNT or ERR_ADDR_*, naming the line. */
enum err MUST_CHECK csv_next(struct csv *c, struct csv_order *row);

#endif

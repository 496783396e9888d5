#include "common/optical/bytewords.h"

#include "common/optical/crc32.h"

#define WORDS 256
#define CRC_SIZE 4

/* First and last letter of each word, in order. */
static const char pairs[2 * WORDS + 1] =
    "aeadaoaxaaahamatayasbkbdbnbtbabsbebybgbwbbbzcmchcscfcycwcecackct"
    "cxclcpcndkdadsdidedtdrdndwdpdmdldyeheyeoeeecenemetesftfrfnfsfmfh"
    "fzfpfwfxfyfefgflfdgagegrgsgtglgwgdgygmgughgohfhghdhkhthphhhlhyhe"
    "hnhsidiaieihiyioisinimjejzjnjtjljojsjpjkjykpkoktkskkknkgkekikblb"
    "lalylflslrlplnltloldlelulklgmnmymhmemomumwmdmtmsmknlnyndnsntnnne"
    "nboyoeotoxonolospdptpkpypspmplpepfpaprqdqzrerprlrorhrdrkrfryrnrs"
    "rtsesasrssskswstspsosgsbsfsntotktitttdtetytltbtstptatnuyuoutueur"
    "vtvyvovlvevwvavdvswlwdwmwpwewywswtwnwzwfwkykynylyaytzszoztzczezm";

static void put(struct buf *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_put(out, pairs + 2 * p[i], 2);
	}
}

void bytewords_put(struct buf *out, struct span bytes)
{
	uint8_t crc[CRC_SIZE];
	store32_be(crc, crc32_of(bytes.p, bytes.n));
	put(out, bytes.p, bytes.n);
	put(out, crc, sizeof crc);
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* The byte, or -1. Words are in the order of their first letters. */
static int find(char first, char last)
{
	int low = 0, high = WORDS;
	while (low < high) {
		int middle = (low + high) / 2;
		if (pairs[2 * middle] < first) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (; low < WORDS && pairs[2 * low] == first; low++) {
		if (pairs[2 * low + 1] == last) {
			return low;
		}
	}
	return -1;
}

enum err bytewords_get(struct buf *out, const char *letters, size_t n)
{
	size_t before = out->n;
	if (n % 2 != 0 || n <= 2 * CRC_SIZE) {
		return err_set(ERR_UR_FORMAT, "%zu letters are no bytewords", n);
	}
	for (size_t i = 0; i < n; i += 2) {
		int word = find(lower(letters[i]), lower(letters[i + 1]));
		if (word < 0) {
			out->n = before;
			return err_set(ERR_UR_FORMAT, "letters %zu and %zu are no word", i, i + 1);
		}
		buf_u8(out, (uint8_t)word);
	}
	if (buf_end(out) != ERR_OK) {
		out->n = before;
		return buf_end(out);
	}
	size_t size = out->n - before - CRC_SIZE;
	const uint8_t *p = out->p + before;
	if (crc32_of(p, size) != load32_be(p + size)) {
		out->n = before;
		return err_set(ERR_UR_CHECKSUM, "the letters do not match their checksum");
	}
	out->n = before + size;
	return ERR_OK;
}

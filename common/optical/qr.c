#include "common/optical/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#include "common/base/check.h"

/* Alphanumeric characters at level L, version 1 first (ISO/IEC 18004, table 7). */
static const uint16_t capacity[QR_VERSION_MAX] = {
    25,   47,   77,   114,  154,  195,  224,  279,  335,  395,  468,  535,  619,  667,
    758,  854,  938,  1046, 1153, 1249, 1352, 1460, 1588, 1704, 1853, 1990, 2132, 2223,
    2369, 2520, 2677, 2840, 3009, 3183, 3351, 3537, 3729, 3927, 4087, 4296};

size_t qr_capacity(unsigned version)
{
	CHECK(version >= 1 && version <= QR_VERSION_MAX);
	return capacity[version - 1];
}

unsigned qr_version(size_t n)
{
	unsigned version = 1;
	while (version <= QR_VERSION_MAX && capacity[version - 1] < n) {
		version++;
	}
	return version <= QR_VERSION_MAX ? version : 0;
}

enum err qr_make(struct qr *out, const char *text, unsigned version)
{
	out->side = 0;
	QRcode *made = QRcode_encodeString(text, (int)version, QR_ECLEVEL_L, QR_MODE_8, 1);
	if (!made) {
		if (errno == ENOMEM) {
			return ERR_NO_MEMORY;
		}
		return err_set(ERR_MSG_SIZE, "%zu characters fit no QR code", strlen(text));
	}
	CHECK(made->width > 0 && made->width <= QR_SIDE_MAX);
	out->side = (size_t)made->width;
	for (size_t i = 0; i < out->side * out->side; i++) {
		out->dark[i] = made->data[i] & 1;
	}
	QRcode_free(made);
	return ERR_OK;
}

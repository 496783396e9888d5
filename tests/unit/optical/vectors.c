#include "tests/unit/optical/vectors.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/hex.h"
#include "common/optical/xoshiro.h"

static json_t *root;

void vectors_open(int argc, char **argv)
{
	json_error_t error;
	CHECK(argc > 1);
	root = json_load_file(argv[1], 0, &error);
	CHECK(root);
}

json_t *vector(const char *path)
{
	char name[128];
	json_t *at = root;
	while (*path) {
		size_t n = strcspn(path, "/");
		snprintf(name, sizeof name, "%.*s", (int)n, path);
		at = json_object_get(at, name);
		CHECK(at);
		path += n + (path[n] == '/');
	}
	return at;
}

const char *vector_text(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	CHECK(text);
	return text;
}

struct buf vector_hex(json_t *object, const char *name)
{
	struct buf out;
	const char *hex = name ? vector_text(object, name) : json_string_value(object);
	uint8_t byte;
	buf_init(&out, 1 << 20);
	for (; *hex; hex += 2) {
		const char digits[3] = {hex[0], hex[1], '\0'};
		CHECK(hex_decode(&byte, 1, digits) == ERR_OK);
		buf_u8(&out, byte);
	}
	return out;
}

size_t vector_number(json_t *object, const char *name)
{
	json_t *number = json_object_get(object, name);
	CHECK(json_is_integer(number));
	return (size_t)json_integer_value(number);
}

uint8_t *vector_message(size_t n)
{
	struct xoshiro x;
	uint8_t *out = malloc(n ? n : 1);
	CHECK(out);
	xoshiro_seed(&x, "Wolf", 4);
	for (size_t i = 0; i < n; i++) {
		out[i] = (uint8_t)xoshiro_between(&x, 0, 255);
	}
	return out;
}

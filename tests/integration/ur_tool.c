/*
 * The optical path alone, for tests in other languages:
 *
 *     ur_tool parts MOST COUNT       payload on standard input, its first COUNT parts on output
 *     ur_tool pictures MOST FOLDER   payload on standard input, pictures as --png makes them
 *     ur_tool collect                lines on standard input, the payload on output, and how many
 *                                    lines it took on standard error
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/optical/collector.h"
#include "common/optical/light.h"

static int parts(struct span payload, size_t most, uint32_t count)
{
	struct ur_encoder e;
	struct buf message;
	buf_init(&message, UR_MESSAGE_MAX);
	ur_wrap(&message, payload);
	CHECK(ur_encoder_init(&e, LIGHT_TYPE, buf_span(&message), most) == ERR_OK);
	for (uint32_t i = 1; i <= count; i++) {
		struct buf line;
		buf_init(&line, UR_LINE_MAX);
		CHECK(ur_encoder_part(&e, &line, i) == ERR_OK);
		printf("%.*s\n", (int)line.n, (const char *)line.p);
		buf_free(&line);
	}
	ur_encoder_free(&e);
	buf_free(&message);
	return 0;
}

static int collect(void)
{
	struct collector *c;
	enum collected what = COLLECTED_NEW;
	char line[UR_LINE_MAX + 2];
	unsigned count = 0;
	CHECK(collector_new(&c, LIGHT_TYPE) == ERR_OK);
	while (what != COLLECTED_WHOLE && fgets(line, sizeof line, stdin)) {
		count++;
		CHECK(collector_line(c, &what, line, strlen(line)) == ERR_OK);
	}
	struct span payload = collector_payload(c);
	fprintf(stderr, "%u\n", count);
	fwrite(payload.p ? payload.p : (const uint8_t *)"", 1, payload.n, stdout);
	collector_free(c);
	return what == COLLECTED_WHOLE ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct buf payload;
	if (argc == 2 && strcmp(argv[1], "collect") == 0) {
		return collect();
	}
	CHECK(argc == 4);
	buf_init(&payload, UR_MESSAGE_MAX);
	CHECK(file_read(&payload, "-", UR_MESSAGE_MAX) == ERR_OK);
	int code = 0;
	if (strcmp(argv[1], "parts") == 0) {
		code = parts(buf_span(&payload), strtoul(argv[2], NULL, 10),
			     (uint32_t)strtoul(argv[3], NULL, 10));
	} else {
		const struct light l = {.png = argv[3], .density = argv[2]};
		CHECK(light_show(&l, "test", buf_span(&payload)) == ERR_OK);
	}
	buf_free(&payload);
	return code;
}

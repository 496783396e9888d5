/*
 * Runs a fuzz target over every file of the folders named, and over what each becomes when it is
 * cut short or a bit of it flips, without libFuzzer: so that a compiler that lacks it still tests
 * the seeds and every input that ever failed.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

/* Large seeds are cut and flipped at this many places only. */
#define PLACES 512

/* In a block of its own size each time, so that a sanitizer sees every read past the end. */
static void run(const uint8_t *p, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);
	CHECK(exact);
	if (n > 0) {
		memcpy(exact, p, n);
	}
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static void run_around(uint8_t *p, size_t n)
{
	size_t step = n / PLACES + 1;
	run(p, n);
	for (size_t i = 0; i < n; i += step) {
		run(p, i);
		uint8_t bit = (uint8_t)(1U << (i / step % 8));
		p[i] ^= bit;
		run(p, n);
		p[i] ^= bit;
	}
}

static size_t run_file(const char *path)
{
	static uint8_t bytes[1 << 20];
	FILE *f = fopen(path, "rb");
	if (!f) {
		return 0;
	}
	size_t n = fread(bytes, 1, sizeof bytes, f);
	CHECK(!ferror(f) && n < sizeof bytes);
	fclose(f);
	run_around(bytes, n);
	return 1;
}

static size_t run_folder(const char *folder)
{
	size_t count = 0;
	DIR *dir = opendir(folder);
	if (!dir) {
		return 0;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		count += entry->d_name[0] != '.' ? run_file(path) : 0;
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	for (int i = 1; i < argc; i++) {
		count += run_folder(argv[i]);
	}
	printf("%zu seeds\n", count);
	/* No seed at all means a wrong path, not success. */
	return count > 0 ? 0 : 1;
}

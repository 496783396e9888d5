/*
 * airlock-scan: QR codes from a camera or from pictures, as lines of text on standard output. It
 * holds no secret, opens all it reads before it looks at any of it, and then can do nothing but
 * read that, write its lines and end. The signer takes the lines by --scan -, and so never decodes
 * a picture.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "scan/eye.h"
#include "scan/sandbox.h"

#define PICTURES_MAX 16384
#define CODE_MAX 5000

struct sources {
	size_t n;
	int fds[PICTURES_MAX];
	char *names[PICTURES_MAX];
};

/* Of the last code, so that a camera that sees it thirty times a second says it once. */
struct output {
	size_t n;
	char last[CODE_MAX];
	size_t codes;
	bool closed; /* nobody reads on: the message is whole */
};

static void found(void *ctx, const char *text, size_t n)
{
	struct output *o = ctx;
	if (n == 0 || n > CODE_MAX || !text_is_plain(text, n) ||
	    (n == o->n && memcmp(text, o->last, n) == 0)) {
		return;
	}
	memcpy(o->last, text, n);
	o->n = n;
	o->codes++;
	o->closed |=
	    fwrite(text, 1, n, stdout) != n || fputc('\n', stdout) == EOF || fflush(stdout) != 0;
}

static enum err add(struct sources *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		return err_errno(errno, "cannot open", path);
	}
	char *name = strdup(path);
	if (s->n == PICTURES_MAX || !name) {
		close(fd);
		free(name);
		return err_set(ERR_LIMIT, "more than %d pictures", PICTURES_MAX);
	}
	s->fds[s->n] = fd;
	s->names[s->n++] = name;
	return ERR_OK;
}

static int is_picture(const struct dirent *e)
{
	size_t n = strlen(e->d_name);
	return e->d_name[0] != '.' && n > 4 && strcasecmp(e->d_name + n - 4, ".png") == 0;
}

static enum err add_folder(struct sources *s, const char *folder)
{
	struct dirent **entries = NULL;
	char path[PATH_TEXT_MAX];
	enum err rc = ERR_OK;
	int n = scandir(folder, &entries, is_picture, alphasort);
	if (n < 0) {
		return err_errno(errno, "cannot list", folder);
	}
	for (int i = 0; i < n; i++) {
		if (rc == ERR_OK) {
			rc = path_join(path, folder, entries[i]->d_name);
		}
		if (rc == ERR_OK) {
			rc = add(s, path);
		}
		free(entries[i]);
	}
	free(entries);
	return rc == ERR_OK && n == 0 ? err_set(ERR_NOT_FOUND, "%s has no PNG pictures", folder)
				      : rc;
}

static enum err add_all(struct sources *s, int n, char **paths)
{
	struct stat st;
	struct rlimit files;
	enum err rc = ERR_OK;
	/* All are open at once. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	for (int i = 0; rc == ERR_OK && i < n; i++) {
		bool folder = stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode);
		rc = folder ? add_folder(s, paths[i]) : add(s, paths[i]);
	}
	return rc;
}

/* As it is, and, when nothing is found, at half the size: zbar misses codes with very large
 * modules. */
static enum err scan_picture(struct eye *r, int fd)
{
	struct picture p, half = {0};
	size_t count = 0;
	enum err rc = picture_read(&p, fd);
	if (rc == ERR_OK) {
		rc = eye_scan(r, &p, &count);
	}
	if (rc == ERR_OK && count == 0) {
		rc = picture_halve(&half, &p);
		if (rc == ERR_OK) {
			rc = eye_scan(r, &half, &count);
		}
	}
	picture_free(&half);
	picture_free(&p);
	return rc;
}

/* A picture that cannot be read is said and passed over: the others may be enough. */
static enum err scan_pictures(struct eye *r, struct sources *s, struct output *o)
{
	char safe[600];
	enum err rc = ERR_OK;
	size_t bad = 0;
	for (size_t i = 0; i < s->n && !o->closed; i++) {
		enum err one = scan_picture(r, s->fds[i]);
		close(s->fds[i]);
		if (one == ERR_NO_MEMORY) {
			return one;
		}
		if (one != ERR_OK) {
			bad++;
			rc = one;
			fprintf(stderr, "airlock-scan: %s: %s\n",
				text_safe(safe, sizeof safe, s->names[i], strlen(s->names[i])),
				err_detail());
		}
	}
	if (bad < s->n || o->closed) {
		rc = ERR_OK;
	}
	if (rc == ERR_OK && o->codes == 0) {
		rc = err_set(ERR_NOT_FOUND, "no QR code in %zu pictures", s->n);
	}
	return rc;
}

static enum err scan_camera(struct eye *r, struct output *o)
{
	enum err rc = ERR_OK;
	size_t count;
	while (rc == ERR_OK && !o->closed) {
		rc = eye_frame(r, &count);
	}
	return rc;
}

static void usage(void)
{
	puts("usage: airlock-scan PICTURE|FOLDER...\n"
	     "       airlock-scan --camera [DEVICE]\n\n"
	     "Writes the text of every QR code in PNG pictures, or in view of a camera\n"
	     "(/dev/video0), to standard output, a line each. For example:\n\n"
	     "  airlock-scan --camera | airlock-signer --vault DIR sign --scan - --qr\n\n"
	     "Whatever else writes such lines will do as well: zbarimg --raw, zbarcam --raw, a\n"
	     "hand-held scanner. Exit codes: 0 done, 1 failed, 2 usage, 4 not a picture.");
}

static enum err run(int argc, char **argv, struct sources *s)
{
	struct eye *r = NULL;
	struct output *o = calloc(1, sizeof *o);
	bool camera = strcmp(argv[1], "--camera") == 0;
	enum err rc = o ? secret_start() : ERR_NO_MEMORY;
	if (rc == ERR_OK) {
		rc = eye_new(&r, found, o);
	}
	if (rc == ERR_OK) {
		bool named = strcmp(argv[1], "--") == 0;
		rc = camera ? eye_camera(r, argc > 2 ? argv[2] : "/dev/video0")
			    : add_all(s, argc - 1 - named, argv + 1 + named);
	}
	if (rc == ERR_OK) {
		rc = sandbox_enter(camera);
	}
	if (rc == ERR_OK) {
		rc = camera ? scan_camera(r, o) : scan_pictures(r, s, o);
	}
	eye_free(r);
	free(o);
	return rc;
}

int main(int argc, char **argv)
{
	static struct sources s;
	char safe[600];
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		usage();
		return argc < 2 ? CAT_USAGE : CAT_OK;
	}
	enum err rc =
	    argv[1][0] == '-' && strcmp(argv[1], "--camera") != 0 && strcmp(argv[1], "--") != 0
		? err_set(ERR_USAGE, "no such option; see airlock-scan --help")
		: run(argc, argv, &s);
	for (size_t i = 0; i < s.n; i++) {
		free(s.names[i]);
	}
	if (rc != ERR_OK) {
		const char *detail = err_detail();
		fprintf(stderr, "airlock-scan: %s%s%s\n", err_text(rc), detail[0] ? ": " : "",
			text_safe(safe, sizeof safe, detail, strlen(detail)));
	}
	return err_exit_code(rc);
}

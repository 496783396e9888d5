/* libmicrohttpd, confined: see server.h. */
#include "watcher/metrics/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/file.h"

#define PAGE_MAX (1u << 20)
#define CONNECTIONS_MAX 16
#define IDLE_SECONDS 10

struct metrics_server {
	struct MHD_Daemon *daemon;
	pthread_mutex_t mutex;
	struct buf page;
	bool ready;
	char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* of a unix socket, or "" */
	struct stat socket;                                   /* it, as it was made */
};

struct where {
	bool local;
	unsigned port;
	const char *path;
};

static enum err parse(struct where *out, const char *where)
{
	static const char host[] = "127.0.0.1:";
	*out = (struct where){0};
	if (strncmp(where, "unix:", 5) == 0) {
		out->local = true;
		out->path = where + 5;
		size_t n = strlen(out->path);
		return n > 0 && n < sizeof((struct sockaddr_un *)0)->sun_path
			   ? ERR_OK
			   : err_set(ERR_CONFIG, "a path of 1 to 107 characters after unix:");
	}
	const char *digits = where + sizeof host - 1;
	size_t n = strncmp(where, host, sizeof host - 1) == 0 ? strlen(digits) : 0;
	for (size_t i = 0; i < n && n <= 5 && digits[i] >= '0' && digits[i] <= '9'; i++) {
		out->port = 10 * out->port + (unsigned)(digits[i] - '0');
	}
	if (n == 0 || n > 5 || strspn(digits, "0123456789") != n || out->port == 0 ||
	    out->port > 65535) {
		return err_set(ERR_CONFIG, "127.0.0.1:PORT or unix:PATH; no other address");
	}
	return ERR_OK;
}

enum err metrics_where_check(const char *where)
{
	struct where w;
	return parse(&w, where);
}

static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *data_size, void **state)
{
	struct metrics_server *m = ctx;
	unsigned status = MHD_HTTP_NOT_FOUND;
	struct MHD_Response *r;
	(void)version, (void)data, (void)state;
	if (*data_size != 0 || strcmp(method, "GET") != 0) {
		return MHD_NO;
	}
	pthread_mutex_lock(&m->mutex);
	if (strcmp(url, "/metrics") == 0) {
		status = MHD_HTTP_OK;
		r = MHD_create_response_from_buffer(m->page.n, m->page.p, MHD_RESPMEM_MUST_COPY);
	} else {
		static char good[] = "ok\n", bad[] = "no\n";
		bool alive = strcmp(url, "/healthz") == 0;
		bool fine = alive || (strcmp(url, "/readyz") == 0 && m->ready);
		status = fine                          ? MHD_HTTP_OK
			 : strcmp(url, "/readyz") == 0 ? MHD_HTTP_SERVICE_UNAVAILABLE
						       : MHD_HTTP_NOT_FOUND;
		r = MHD_create_response_from_buffer(3, fine ? good : bad, MHD_RESPMEM_PERSISTENT);
	}
	pthread_mutex_unlock(&m->mutex);
	if (!r) {
		return MHD_NO;
	}
	MHD_add_response_header(r, "Content-Type", "text/plain; version=0.0.4");
	enum MHD_Result result = MHD_queue_response(connection, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum err listen_on(int *out, struct metrics_server *m, const struct where *w)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)w->port),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int one = 1;
	*out = socket(w->local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = *out >= 0;
	if (good && w->local) {
		memcpy(un.sun_path, w->path, strlen(w->path));
		memcpy(m->path, un.sun_path, sizeof m->path);
		/* One that a killed process left behind; never a file that is something else. */
		struct stat s;
		if (lstat(m->path, &s) == 0 && S_ISSOCK(s.st_mode)) {
			unlink(m->path);
		}
		good = bind(*out, (struct sockaddr *)&un, sizeof un) == 0 &&
		       lstat(m->path, &m->socket) == 0;
	} else if (good) {
		setsockopt(*out, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		good = bind(*out, (struct sockaddr *)&in, sizeof in) == 0;
	}
	if (!good || listen(*out, CONNECTIONS_MAX) != 0) {
		enum err rc = err_errno(errno, "listen", w->local ? w->path : "metrics");
		m->path[0] = '\0';
		if (*out >= 0) {
			close(*out);
		}
		return rc;
	}
	return ERR_OK;
}

enum err metrics_start(struct metrics_server **out, const char *where)
{
	struct where w;
	int fd = -1;
	*out = NULL;
	enum err rc = parse(&w, where);
	if (rc != ERR_OK) {
		return rc;
	}
	struct metrics_server *m = calloc(1, sizeof *m);
	if (!m) {
		return ERR_NO_MEMORY;
	}
	buf_init(&m->page, PAGE_MAX);
	pthread_mutex_init(&m->mutex, NULL);
	rc = listen_on(&fd, m, &w);
	if (rc == ERR_OK) {
		sigset_t all, before;
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		m->daemon = MHD_start_daemon(
		    MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, answer, m,
		    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_END);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		if (!m->daemon) {
			close(fd);
			rc = err_set(ERR_IO, "the page of metrics does not start");
		}
	}
	if (rc != ERR_OK) {
		metrics_stop(m);
		return rc;
	}
	*out = m;
	return ERR_OK;
}

void metrics_publish(struct metrics_server *m, struct span page, bool ready)
{
	pthread_mutex_lock(&m->mutex);
	buf_reset(&m->page);
	buf_put(&m->page, page.p, page.n);
	m->ready = ready;
	pthread_mutex_unlock(&m->mutex);
}

void metrics_stop(struct metrics_server *m)
{
	if (!m) {
		return;
	}
	if (m->daemon) {
		MHD_stop_daemon(m->daemon);
	}
	/* Not one that took its place meanwhile. */
	struct stat s;
	if (m->path[0] && lstat(m->path, &s) == 0 && s.st_dev == m->socket.st_dev &&
	    s.st_ino == m->socket.st_ino) {
		unlink(m->path);
	}
	buf_free(&m->page);
	free(m);
}

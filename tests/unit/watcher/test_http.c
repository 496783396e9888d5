/* HTTP to a node, against a server in this process that answers each request with one given text.
 */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "watcher/chain/http.h"

struct server {
	int fd;
	unsigned port;
	const char *answer; /* NULL: nothing, and the connection stays open */
	char asked[4096];   /* the last request, as it came */
	unsigned requests;
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct server *s = arg;
	int open_fd = -1;
	for (;;) {
		int fd = accept(s->fd, NULL, NULL);
		if (fd < 0) {
			break;
		}
		ssize_t n = read(fd, s->asked, sizeof s->asked - 1);
		s->asked[n > 0 ? n : 0] = '\0';
		s->requests++;
		if (s->answer) {
			(void)!send(fd, s->answer, strlen(s->answer), MSG_NOSIGNAL);
			/* The rest of a body must have been read, or closing would reset. */
			shutdown(fd, SHUT_WR);
			while (read(fd, s->asked + sizeof s->asked - 1, 1) > 0) {
				continue;
			}
			close(fd);
		} else {
			open_fd = fd;
		}
	}
	if (open_fd >= 0) {
		close(open_fd);
	}
	return NULL;
}

static void server_start(struct server *s, const char *answer)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof a;
	*s = (struct server){.answer = answer, .fd = socket(AF_INET, SOCK_STREAM, 0)};
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(s->fd, 8), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &n), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/* Posts "ask" to a server with this answer; what comes back is left in `got`. */
static enum err post(const char *answer, struct buf *got, struct server *s)
{
	char base[64];
	struct http *h = NULL;
	server_start(s, answer);
	snprintf(base, sizeof base, "http://127.0.0.1:%u", s->port);
	struct http_options o = {.base = base, .timeout_s = 5};
	assert_int_equal(http_open(&h, &o), ERR_OK);
	struct span body = {(const uint8_t *)"ask", 3};
	enum err e = http_post(h, "/path", "application/json", body, got);
	http_close(h);
	server_stop(s);
	assert_true(e == ERR_OK || got->n == 0);
	return e;
}

static void answers(void **state)
{
	(void)state;
	static const struct {
		const char *answer;
		enum err e;
	} cases[] = {
	    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", ERR_OK},
	    {"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", ERR_NODE_AUTH},
	    {"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", ERR_NODE_AUTH},
	    {"HTTP/1.1 429 Later\r\nContent-Length: 0\r\n\r\n", ERR_NODE_BUSY},
	    {"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", ERR_NODE_BUSY},
	    {"HTTP/1.1 404 What\r\nContent-Length: 2\r\n\r\nhi", ERR_NODE_ANSWER},
	    {"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", ERR_NODE_BUSY},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", ERR_NODE_UNREACHABLE},
	    {"SSH-2.0-OpenSSH\r\n", ERR_NODE_UNREACHABLE},
	    {"", ERR_NODE_UNREACHABLE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct server s;
		struct buf got;
		buf_init(&got, 1000);
		assert_int_equal(post(cases[i].answer, &got, &s), cases[i].e);
		assert_non_null(strstr(s.asked, "POST /path HTTP/1.1\r\n"));
		assert_null(strstr(s.asked, "Expect:"));
		if (cases[i].e == ERR_OK) {
			assert_int_equal(got.n, 2);
			assert_memory_equal(got.p, "hi", 2);
		}
		buf_free(&got);
	}
}

/* A redirect would carry the request, and what it tells, to a host nobody chose. */
static void redirects_are_not_followed(void **state)
{
	(void)state;
	struct server s, other;
	struct buf got;
	char answer[128];
	server_start(&other, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
	snprintf(
	    answer, sizeof answer,
	    "HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:%u/\r\nContent-Length: 0\r\n\r\n",
	    other.port);
	buf_init(&got, 1000);
	assert_int_equal(post(answer, &got, &s), ERR_NODE_ANSWER);
	server_stop(&other);
	assert_int_equal(other.requests, 0);
	buf_free(&got);
}

static void answers_are_bounded(void **state)
{
	(void)state;
	static char answer[3000];
	struct server s;
	struct buf got;
	size_t head =
	    (size_t)snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	memset(answer + head, 'x', 2000);
	buf_init(&got, 2000);
	assert_int_equal(post(answer, &got, &s), ERR_OK);
	assert_int_equal(got.n, 2000);
	buf_free(&got);
	buf_init(&got, 1999);
	assert_int_equal(post(answer, &got, &s), ERR_NODE_ANSWER);
	buf_free(&got);
}

static bool no_address(void *ctx, const struct sockaddr *address)
{
	++*(unsigned *)ctx;
	assert_int_equal(address->sa_family, AF_INET);
	return false;
}

/* The address is judged before anything is sent to it. */
static void addresses_are_judged(void **state)
{
	(void)state;
	char base[64];
	unsigned asked = 0;
	struct server s;
	struct http *h = NULL;
	struct buf got;
	long status = 0;
	server_start(&s, "HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n");
	snprintf(base, sizeof base, "http://127.0.0.1:%u", s.port);
	struct http_options o = {
	    .base = base, .timeout_s = 5, .allowed = no_address, .allowed_ctx = &asked};
	static const char *const headers[] = {"webhook-id: 7"};
	struct span body = {(const uint8_t *)"ask", 3};
	buf_init(&got, 100);
	assert_int_equal(http_open(&h, &o), ERR_OK);
	assert_int_equal(http_send(h, "", headers, 1, body, &got, &status), ERR_WEBHOOK_ADDRESS);
	assert_int_equal(status, 0);
	assert_int_equal(asked, 1);
	http_close(h);
	o.allowed = NULL;
	assert_int_equal(http_open(&h, &o), ERR_OK);
	assert_int_equal(http_send(h, "", headers, 1, body, &got, &status), ERR_OK);
	assert_int_equal(status, 204);
	http_close(h);
	server_stop(&s);
	assert_int_equal(s.requests, 1);
	assert_non_null(strstr(s.asked, "\r\nwebhook-id: 7\r\n"));
	buf_free(&got);
}

static bool third_time(void *ctx)
{
	return ++*(unsigned *)ctx >= 3;
}

static void a_wait_can_be_ended(void **state)
{
	(void)state;
	char base[64];
	unsigned asked = 0;
	struct server s;
	struct http *h = NULL;
	struct buf got;
	server_start(&s, NULL);
	snprintf(base, sizeof base, "http://127.0.0.1:%u", s.port);
	struct http_options o = {
	    .base = base, .timeout_s = 60, .stopped = third_time, .stopped_ctx = &asked};
	buf_init(&got, 100);
	assert_int_equal(http_open(&h, &o), ERR_OK);
	assert_int_equal(http_post(h, "/", "text/plain", (struct span){NULL, 0}, &got),
			 ERR_CANCELLED);
	assert_int_equal(asked, 3);
	http_close(h);
	/* Silence without anyone to end it is bounded by the timeout. */
	o.timeout_s = 1;
	o.stopped = NULL;
	assert_int_equal(http_open(&h, &o), ERR_OK);
	assert_int_equal(http_post(h, "/", "text/plain", (struct span){NULL, 0}, &got),
			 ERR_NODE_UNREACHABLE);
	http_close(h);
	server_stop(&s);
	buf_free(&got);
}

static void options(void **state)
{
	(void)state;
	struct http *h = NULL;
	struct http_options o = {.base = "http://127.0.0.1:1", .timeout_s = 1};
	assert_int_equal(http_open(&h, &o), ERR_OK);
	struct buf got;
	buf_init(&got, 100);
	assert_int_equal(http_post(h, "/", "text/plain", (struct span){NULL, 0}, &got),
			 ERR_NODE_UNREACHABLE);
	buf_free(&got);
	http_close(h);
	http_close(NULL);
}

int main(void)
{
	/* Proxies of the environment must not be asked: these would refuse everything. */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(redirects_are_not_followed),
	    cmocka_unit_test(answers_are_bounded),
	    cmocka_unit_test(addresses_are_judged),
	    cmocka_unit_test(a_wait_can_be_ended),
	    cmocka_unit_test(options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a service manager and a monitor see: datagrams, the bar, the page of figures. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/watcher/hot.h"
#include "watcher/cli/notify.h"
#include "watcher/cli/progress.h"
#include "watcher/metrics/metrics.h"
#include "watcher/metrics/server.h"

/* Both kinds of name, in the file system and Linux's abstract ones. */
static void test_notify(void **state)
{
	(void)state;
	for (int abstract = 0; abstract < 2; abstract++) {
		struct sockaddr_un a = {.sun_family = AF_UNIX};
		char name[64], got[128] = "";
		struct notify n;
		snprintf(name, sizeof name, "%sairlock-test-notify.%d", abstract ? "@" : "/tmp/",
			 (int)getpid());
		memcpy(a.sun_path, name, strlen(name));
		a.sun_path[0] = abstract ? '\0' : '/';
		socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
		setenv("NOTIFY_SOCKET", name, 1);
		setenv("WATCHDOG_USEC", "40000", 1);
		notify_open(&n);
		assert_int_equal(n.watchdog_ms, 40);
		notify_say(&n, "STATUS=%d", 7);
		assert_int_equal(recv(fd, got, sizeof got, 0), 8);
		assert_memory_equal(got, "STATUS=7", 8);
		notify_progress(&n);
		notify_progress(&n); /* too soon for another one */
		assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), 10);
		assert_memory_equal(got, "WATCHDOG=1", 10);
		assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), -1);
		notify_close(&n);
		/* A watchdog for another process is not ours to feed. */
		setenv("WATCHDOG_PID", "1", 1);
		notify_open(&n);
		assert_int_equal(n.watchdog_ms, 0);
		notify_close(&n);
		unsetenv("WATCHDOG_PID");
		close(fd);
		if (!abstract) {
			unlink(name);
		}
	}
	unsetenv("NOTIFY_SOCKET");
	struct notify n;
	notify_open(&n);
	notify_say(&n, "READY=1");
	notify_progress(&n);
	notify_close(&n);
}

static void test_progress(void **state)
{
	(void)state;
	char text[PROGRESS_TEXT_MAX];
	progress_text(text, 50, 0, 200, 10000);
	assert_string_equal(text, "[#######-----------------------]  25.0%  block 50 of 200  "
				  "5 blocks/s  0:30 left");
	progress_text(text, 3000000, 0, 3000000, 1);
	assert_non_null(strstr(text, "[##############################] 100.0%"));
	progress_text(text, 7, 7, 3, 0);
	assert_non_null(strstr(text, "block 7 of 7"));
	progress_text(text, 0, 0, 0, 0);
}

static bool has(const struct buf *b, const char *line)
{
	return memmem(b->p, b->n, line, strlen(line)) != NULL;
}

static void test_page(void **state)
{
	(void)state;
	struct hot h;
	struct metrics_counts c;
	struct metrics_now now = {.height = 30, .sweep_fails = true};
	struct buf b;
	hot_start(&h, 30);
	hot_sync(&h);
	hot_deposit(&h, (struct subaddress){0, 1}, ATOMIC_PER_XMR / 100, 2);
	hot_sync(&h);
	assert_int_equal(metrics_count(&c, &h.w, true), ERR_OK);
	assert_int_equal(watcher_health(&h.w, &now.health), ERR_OK);
	assert_int_equal(webhooks_state(&h.w, &now.webhooks), ERR_OK);
	now.followed.bucket[0] = 3;
	now.followed.bucket[2] = 1;
	now.followed.busy = 2;
	now.n_witnesses = 2;
	now.witness[1].bucket[1] = 7;
	now.witness[1].unreachable = 5;
	for (int balances = 0; balances < 2; balances++) {
		buf_init(&b, 1u << 16);
		metrics_text(&b, &c, &now, balances, h.now);
		assert_int_equal(buf_end(&b), ERR_OK);
		assert_true(has(&b, "\nairlock_scan_height 30\n"));
		assert_true(has(&b, "\nairlock_sweep_failing 1\n"));
		assert_true(has(&b, "\nairlock_deposits{state=\"credited\"} 1\n"));
		assert_true(has(&b, "\nairlock_node_health{state=\"healthy\"} 1\n"));
		assert_true(has(&b, "_bucket{node=\"followed\",le=\"0.01\"} 3\n"));
		assert_true(has(&b, "_bucket{node=\"followed\",le=\"+Inf\"} 4\n"));
		assert_true(has(&b, "\nairlock_rpc_duration_seconds_count{node=\"followed\"} 4\n"));
		assert_true(has(&b, "_errors_total{node=\"followed\",kind=\"busy\"} 2\n"));
		assert_true(has(&b, "_count{node=\"witness1\"} 0\n"));
		assert_true(has(&b, "_count{node=\"witness2\"} 7\n"));
		assert_true(has(&b, "{node=\"witness2\",kind=\"unreachable\"} 5\n"));
		assert_false(has(&b, "witness3"));
		assert_int_equal(
		    has(&b, "\nairlock_balance_piconero{state=\"total\"} 10000000000\n"), balances);
		buf_free(&b);
	}
	hot_stop(&h);
}

static void test_where(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "",      "0.0.0.0:9750", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
	    "unix:", "localhost:1",  "[::]:9750", "127.0.0.1:0"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(metrics_where_check(bad[i]), ERR_CONFIG);
	}
	assert_int_equal(metrics_where_check("127.0.0.1:9750"), ERR_OK);
	assert_int_equal(metrics_where_check("unix:/run/airlock/metrics"), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_notify),
	    cmocka_unit_test(test_progress),
	    cmocka_unit_test(test_page),
	    cmocka_unit_test(test_where),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

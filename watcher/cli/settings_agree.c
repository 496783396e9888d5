/* What is wrong although each line is right: see settings.h. */
#include <string.h>

#include "common/base/file.h"
#include "watcher/chain/rpc.h"
#include "watcher/chain/rpc_url.h"
#include "watcher/cli/cli.h"

static unsigned line_of(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (SETTINGS[i].name && strcmp(SETTINGS[i].name, name) == 0) {
			return s->line[i];
		}
	}
	return 0;
}

static void check_way(struct problems *p, unsigned line, const char *name,
		      const struct chain_rpc_options *rpc)
{
	struct chain probe = {0};
	struct rpc_url url;
	enum err rc = rpc_url_parse(&url, rpc->url, rpc->network);
	if (rc == ERR_OK && url.onion && !rpc->proxy) {
		rc = err_set(ERR_CONFIG, "an onion service needs a proxy (Tor) on the way to it");
	}
	if (rc == ERR_OK) {
		rc = chain_rpc_open(&probe, rpc);
		chain_rpc_close(&probe);
	}
	if (rc != ERR_OK) {
		problem_tell(p, line, "%s: %s", name, err_detail());
		err_clear();
	}
}

/* By the same way to the same node: it is no second opinion, and hides nothing from the first. */
static bool same_node(const struct node_settings *a, const char *url, const char *proxy)
{
	struct rpc_url one, other;
	bool good = rpc_url_parse(&one, a->url, NETWORK_MAINNET) == ERR_OK &&
		    rpc_url_parse(&other, url, NETWORK_MAINNET) == ERR_OK;
	err_clear();
	return good && strcmp(one.base, other.base) == 0 && strcmp(a->proxy, proxy) == 0;
}

static void check_witnesses(const struct settings *s, struct problems *p)
{
	for (size_t i = 0; i < s->n_witnesses; i++) {
		const struct node_settings *w = &s->witness[i];
		struct chain_rpc_options rpc = node_options(w, NETWORK_MAINNET);
		bool again = same_node(&s->node, w->url, w->proxy);
		check_way(p, w->line, "witness", &rpc);
		for (size_t k = 0; k < i; k++) {
			again = again || same_node(&s->witness[k], w->url, w->proxy);
		}
		if (again) {
			problem_tell(p, w->line,
				     "witness: that is a node named before, which would vouch "
				     "for itself");
		}
	}
	unsigned line = line_of(s, "witnesses-needed");
	if (line && s->rules.witnesses_needed > s->n_witnesses) {
		problem_tell(p, line, "witnesses-needed: there are only %zu", s->n_witnesses);
	}
}

static void check_nodes(const struct settings *s, struct problems *p)
{
	unsigned login = line_of(s, "node-login"), file = line_of(s, "node-login-file");
	if (!s->node.url[0]) {
		problem_tell(p, 0, "no node is named");
		return;
	}
	if (login && file) {
		problem_tell(p, login > file ? login : file,
			     "node-login and node-login-file: one of the two, not both");
	}
	struct chain_rpc_options rpc = node_options(&s->node, NETWORK_MAINNET);
	check_way(p, line_of(s, "node"), "node", &rpc);
	if (s->broadcast_node[0]) {
		rpc = broadcast_options(s, NETWORK_MAINNET);
		check_way(p, line_of(s, "broadcast-node"), "broadcast-node", &rpc);
		if (same_node(&s->node, s->broadcast_node, s->broadcast_proxy)) {
			problem_tell(
			    p, line_of(s, "broadcast-node"),
			    "broadcast-node: that is the followed node by the same way, which "
			    "hides nothing");
		}
	} else if (s->broadcast_proxy[0]) {
		problem_tell(p, line_of(s, "broadcast-proxy"),
			     "broadcast-proxy needs broadcast-node");
	}
	check_witnesses(s, p);
}

/* What asks for sweeping by itself has all that it takes. */
static void check_sweeping(const struct settings *s, struct problems *p, const char *name,
			   bool wanted)
{
	unsigned line = line_of(s, name);
	if (wanted && !line_of(s, "vault")) {
		problem_tell(p, line, "%s needs vault", name);
	}
	if (wanted && !s->sweep_folder[0]) {
		problem_tell(p, line, "%s needs sweep-folder, where the requests go", name);
	}
}

void settings_agree(const struct settings *s, struct problems *p)
{
	check_nodes(s, p);
	check_sweeping(s, p, "sweep-above", !amount_is_zero(s->rules.sweep_above));
	check_sweeping(s, p, "sweep-outputs", s->rules.sweep_outputs > 0);
}

enum err settings_fit(const struct settings *s, const struct account_view *account,
		      struct problems *p)
{
	const struct address *vault = &s->rules.vault;
	unsigned line = line_of(s, "vault");
	struct address own;
	address_of(&own, account, (struct subaddress){0, 0});
	if (line && vault->network != account->network) {
		problem_tell(p, line, "vault: an address of %s, and this watcher is of %s",
			     network_name(vault->network), network_name(account->network));
	} else if (line && address_equal(vault, &own)) {
		problem_tell(p, line, "vault: that is this wallet's own address");
	}
	return problems_verdict(p);
}

enum err settings_folders(const struct settings *s, struct problems *p)
{
	if (s->sweep_folder[0] && dir_writable(s->sweep_folder) != ERR_OK) {
		problem_tell(p, line_of(s, "sweep-folder"), "sweep-folder: %s", err_detail());
		err_clear();
	}
	return problems_verdict(p);
}

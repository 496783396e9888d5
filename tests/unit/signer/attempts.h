/* What a thief inside the signer would try: each is a call that its sandbox must deny. */
#ifndef AIRLOCK_TESTS_ATTEMPTS_H
#define AIRLOCK_TESTS_ATTEMPTS_H

struct attempt {
	const char *name;
	int (*run)(void); /* 0: it was let through; else its errno */
};
extern const struct attempt attempts[];
extern const unsigned n_attempts;

/*
 * The same for writing elsewhere, which only Landlock can deny. The folder is one outside the
 * sandbox's places; attempts_prepare fills it with what may be destroyed.
 */
extern const char *attempts_folder;
int attempts_prepare(void);
void attempts_clean(void);
extern const struct attempt written_elsewhere[];
extern const unsigned n_written_elsewhere;

#endif

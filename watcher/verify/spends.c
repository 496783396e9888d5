/* Key images and where they were spent, against the outputs they are of. */
#include <string.h>

#include "common/base/secret.h"
#include "watcher/verify/verify.h"

static enum err verify_image(struct verifying *v, struct span key, struct span value)
{
	struct key_image image;
	struct image_record r;
	struct output_record o;
	(void)value;
	if (key.n != 32) {
		return verify_wrong("a record of key images has a bad key");
	}
	memcpy(image.b, key.p, 32);
	enum err rc = image_read(&r, v->t, &image);
	if (rc == ERR_OK && r.spent) {
		v->images_spent++;
		rc = verify_mark(v->t, T_SPENT_HEIGHT, key_height_image(r.height, &image), true,
				 "spends");
	}
	if (rc == ERR_OK) {
		rc = output_read(&o, v->t, &r.at);
	}
	if (rc == ERR_NOT_FOUND || (rc == ERR_OK && o.spent != r.spent)) {
		rc = verify_wrong("a key image and its output disagree");
	}
	secret_wipe(&o, sizeof o);
	return rc;
}

static enum err verify_spend(struct verifying *v, struct span key, struct span value)
{
	struct key_image image;
	struct image_record r;
	(void)value;
	if (key.n != 40) {
		return verify_wrong("a record of spends has a bad key");
	}
	memcpy(image.b, key.p + 8, 32);
	enum err rc = image_read(&r, v->t, &image);
	return rc == ERR_NOT_FOUND || (rc == ERR_OK && !(r.spent && r.height == load64_be(key.p)))
		   ? verify_wrong("the index of spends names a key image that is not spent there")
		   : rc;
}

enum err verify_spends(struct verifying *v, uint64_t *records)
{
	enum err rc = verify_each(v, T_IMAGES, verify_image, records);
	if (rc == ERR_OK) {
		rc = verify_each(v, T_SPENT_HEIGHT, verify_spend, NULL);
	}
	return rc == ERR_OK && v->spent != v->images_spent
		   ? verify_wrong("an output is spent by no key image")
		   : rc;
}

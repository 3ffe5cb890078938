/*
 * Replays a corpus through a fuzz target as a plain test: every file of the
 * folders named, then deterministic mutations of each (bytes flipped, cut,
 * repeated), so that the target runs without a fuzzing engine.
 */
#include <dirent.h>
#include <stdint.h>
#include <sys/stat.h>

#define FILE_MAX (4u << 20)
#define MUTATIONS 64

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static uint64_t state;

/* xorshift64*: the same sequence in every run. */
static uint64_t
draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717ULL;
}

static void
run(const uint8_t *p, size_t n)
{
	/* An exact allocation, so that a sanitizer sees one byte too far. */
	uint8_t *copy = calloc(n > 0 ? n : 1, 1);

	if (copy == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void
mutate(const uint8_t *p, size_t n)
{
	uint8_t *m = malloc(n + 16);
	size_t len;
	int i, k;

	if (m == NULL)
		abort();
	for (i = 0; n > 0 && i < MUTATIONS; i++) {
		memcpy(m, p, n);
		len = n;
		switch (draw() % 4) {
		case 0:
			for (k = 0; k < 4; k++)
				m[draw() % n] = (uint8_t)draw();
			break;
		case 1:
			m[draw() % n] ^= (uint8_t)(1u << (draw() % 8));
			break;
		case 2:
			len = draw() % n;
			break;
		default:
			k = (int)(draw() % 16);
			memset(m + n, (int)(draw() & 0xff), 16);
			len = n + (size_t)k;
		}
		run(m, len);
	}
	free(m);
}

static int
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = malloc(FILE_MAX);
	size_t n;

	if (f == NULL || p == NULL) {
		fprintf(stderr, "%s: cannot read\n", path);
		exit(1);
	}
	n = fread(p, 1, FILE_MAX, f);
	fclose(f);
	state = 0x9e3779b97f4a7c15ULL ^ n;
	run(p, n);
	mutate(p, n);
	free(p);
	return 1;
}

static int
replay_folder(const char *path)
{
	struct dirent *d;
	char name[4096];
	struct stat st;
	int count = 0;
	DIR *dir = opendir(path);

	if (dir == NULL) {
		fprintf(stderr, "%s: cannot open\n", path);
		exit(1);
	}
	while ((d = readdir(dir)) != NULL) {
		snprintf(name, sizeof(name), "%s/%s", path, d->d_name);
		if (d->d_name[0] != '.' && stat(name, &st) == 0 &&
		    S_ISREG(st.st_mode))
			count += replay_file(name);
	}
	closedir(dir);
	return count;
}

int
main(int argc, char **argv)
{
	int i, count = 0;

	run((const uint8_t *)"", 0);
	for (i = 1; i < argc; i++)
		count += replay_folder(argv[i]);
	printf("%d files replayed\n", count);
	return count > 0 ? 0 : 1;
}

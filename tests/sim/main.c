/* main - runs the simulation: many seeds, one of them, or a kept plan */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/shrink.h"
#include "tests/sim/tally.h"
#include "tests/sim/world.h"

#define MAX_JOBS  16
#define SHRUNK_MAX 3 /* failures that are made small, of each job */

struct job { /* shared by the processes */
	uint64_t next, last;
	struct tally tally[MAX_JOBS];
};

struct options {
	uint64_t first, last;
	unsigned jobs;
	bool trace, must_fail;
	const char *plan, *kept, *save;
};

static const char usage[] =
	"usage: sim [--seeds FIRST..LAST] [--jobs N] [--kept DIR] [--save DIR] [--must-fail]\n"
	"       sim --seed N [--trace]\n"
	"       sim --plan FILE [--trace]\n"
	"Without --seeds: 1..1000, or as many as SIM_SEEDS says. --kept runs the plans in DIR\n"
	"first, --save writes the small plan of each failure to DIR. --must-fail ends at the\n"
	"first failure and is content with it.\n";

/* ---- one run ---- */

/* Twice: the second must do the same. */
static void run_twice(const struct plan *plan, bool trace, struct outcome *out)
{
	struct outcome again;

	world_run(plan, trace, out);
	world_run(plan, false, &again);
	if (again.hash != out->hash && !out->why[0])
		snprintf(out->why, sizeof(out->why),
			 "at 0.000: P18: two runs differ, %016" PRIx64 " and %016" PRIx64, out->hash,
			 again.hash);
}

static void save(const struct plan *plan, const struct outcome *outcome, const char *folder)
{
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%" PRIu64 ".plan", folder, plan->seed);
	out = fopen(path, "w");
	if (!out) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	fprintf(out, "# %s\n", outcome->why);
	plan_write(plan, out);
	fclose(out);
	printf("saved as %s\n", path);
}

static void report(struct plan *plan, struct outcome *outcome, bool small, const char *folder)
{
	printf("seed %" PRIu64 ", %u nodes, %s\n", plan->seed, plan->n_node, outcome->why);
	if (!small)
		return;
	if (strncmp(outcome->why, "at 0.000: P18", 13) != 0)
		shrink(plan, outcome);
	printf("small plan, %s\n", outcome->why);
	plan_write(plan, stdout);
	if (folder)
		save(plan, outcome, folder);
	fflush(stdout);
}

static int run_one(struct plan *plan, bool trace)
{
	struct outcome outcome;

	run_twice(plan, trace, &outcome);
	printf("seed %" PRIu64 ", %u nodes, trace %016" PRIx64 ", %" PRIu64 " events: %s\n", plan->seed,
	       plan->n_node, outcome.hash, outcome.n_event, outcome.why[0] ? outcome.why : "ok");
	return outcome.why[0] ? 1 : 0;
}

static int run_file(const char *path, bool trace)
{
	FILE *in = fopen(path, "r");
	struct plan plan;
	unsigned line;
	int rc;

	if (!in) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 2;
	}
	rc = plan_read(in, &plan, &line);
	fclose(in);
	if (rc != 0) {
		fprintf(stderr, "%s: line %u is no parameter and no fault\n", path, line);
		return 2;
	}
	printf("%s: ", path);
	return run_one(&plan, trace);
}

/* ---- many ---- */

static int run_kept(const char *folder)
{
	struct dirent **entry;
	int n = scandir(folder, &entry, NULL, alphasort), rc = 0;
	char path[512];

	if (n < 0) {
		fprintf(stderr, "%s: %s\n", folder, strerror(errno));
		return 2;
	}
	for (int i = 0; i < n; i++) {
		if (strstr(entry[i]->d_name, ".plan")) {
			snprintf(path, sizeof(path), "%s/%s", folder, entry[i]->d_name);
			rc |= run_file(path, false);
		}
		free(entry[i]);
	}
	free(entry);
	return rc;
}

static void work(struct job *job, unsigned which, const struct options *options)
{
	struct tally *tally = &job->tally[which];
	uint64_t seed;

	while ((seed = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED)) <= job->last) {
		struct plan plan = plan_of_seed(seed);
		struct outcome outcome;

		run_twice(&plan, false, &outcome);
		tally_add(tally, &plan, &outcome);
		if (!outcome.why[0])
			continue;
		if (options->must_fail)
			__atomic_store_n(&job->next, job->last + 1, __ATOMIC_RELAXED);
		report(&plan, &outcome, tally->n_failed <= SHRUNK_MAX && !options->must_fail,
		       options->save);
	}
}

static int run_many(const struct options *options)
{
	struct job *job = mmap(NULL, sizeof(*job), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct tally tally = { 0 };
	int rc = 0, status;

	CHECK(job != MAP_FAILED);
	job->next = options->first;
	job->last = options->last;
	fflush(stdout);
	for (unsigned i = 0; i < options->jobs; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			work(job, i, options);
			fflush(stdout);
			_exit(0);
		}
		rc |= pid < 0;
	}
	while (wait(&status) > 0)
		rc |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	if (rc)
		printf("a process of the simulation died\n");
	for (unsigned i = 0; i < options->jobs; i++)
		tally_merge(&tally, &job->tally[i]);
	if (options->must_fail)
		return rc == 0 && tally.n_failed > 0 ? 0 : 1;
	return tally_end(&tally) && rc == 0 ? 0 : 1;
}

/* ---- the command line ---- */

static bool read_range(const char *text, struct options *out)
{
	char *end;

	out->first = out->last = strtoull(text, &end, 10);
	if (end != text && strncmp(end, "..", 2) == 0)
		out->last = strtoull(end + 2, &end, 10);
	return end != text && *end == '\0' && out->first <= out->last;
}

static bool read_option(int option, const char *value, struct options *out)
{
	switch (option) {
	case 's':
	case 'n':
		return read_range(value, out);
	case 'j':
		out->jobs = (unsigned)strtoul(value, NULL, 10);
		return out->jobs >= 1 && out->jobs <= MAX_JOBS;
	case 'p':
		out->plan = value;
		return true;
	case 'k':
		out->kept = value;
		return true;
	case 'o':
		out->save = value;
		return true;
	case 't':
		return out->trace = true;
	case 'f':
		return out->must_fail = true;
	default:
		return false;
	}
}

static bool read_options(int argc, char **argv, struct options *out)
{
	static const struct option known[] = {
		{ "seeds", required_argument, NULL, 's' }, { "seed", required_argument, NULL, 'n' },
		{ "jobs", required_argument, NULL, 'j' },  { "plan", required_argument, NULL, 'p' },
		{ "kept", required_argument, NULL, 'k' },  { "save", required_argument, NULL, 'o' },
		{ "trace", no_argument, NULL, 't' },	   { "must-fail", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	const char *n = getenv("SIM_SEEDS");
	int option;

	*out = (struct options){ .first = 1, .last = n ? strtoull(n, NULL, 10) : 1000, .jobs = 2 };
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (!read_option(option, optarg, out))
			return false;
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct options options;
	int rc = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_options(argc, argv, &options)) {
		fputs(usage, stderr);
		return 2;
	}
	if (options.plan)
		return run_file(options.plan, options.trace);
	if (options.first == options.last) {
		struct plan plan = plan_of_seed(options.first);

		return run_one(&plan, options.trace);
	}
	if (options.kept)
		rc = run_kept(options.kept);
	return run_many(&options) | rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* bulla-simulate: see README.md.
 *
 *     bulla-simulate [--connections N] [--seed S] [--jobs J] [--plant NAME]
 *
 * plays the seeds S, S + 1, ... with CONNECTIONS_PER_SEED connections each (the last one with what
 * is left), in J processes that take turns. What it prints on stdout follows from N, S and NAME;
 * stderr shows how fast it goes. Ends with 1 where a promise was broken, 2 for what cannot be
 * asked.
 */
#include "simulation/episode.h"
#include "simulation/randomness.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_DEFAULT = 2000, JOBS_MAX = 1024, BROKEN_MAX = 20, TWICE_EVERY = 40 };

struct options {
    uint64_t seed, connections;
    unsigned jobs;
    enum plant plant;
};

static bool options_read(struct options *out, int argc, char **argv);
static void run_slice(const struct options *options, unsigned job, struct tally *tally);
static bool play_seed(const struct world *world, const struct options *options, uint64_t seed,
                      unsigned num, struct tally *tally);
static bool run_jobs(const struct options *options, struct tally *tallies);
static void show_progress(const struct options *options, const struct tally *tallies, double began);
static double seconds_now(void);

int main(int argc, char **argv) {
    struct options options = {.seed = 1, .connections = CONNECTIONS_DEFAULT, .jobs = 1};
    struct tally sum = {{0}, {0}, 0, 0, 0};
    if (!options_read(&options, argc, argv)) {
        fprintf(stderr, "usage: %s [--connections N] [--seed S] [--jobs J] [--plant NAME]\n",
                argv[0]);
        return 2;
    }
    /* Shared with the jobs, each of which counts in its own. */
    struct tally *tallies = mmap(NULL, JOBS_MAX * sizeof *tallies, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(tallies != MAP_FAILED, "memory");
    double began = seconds_now();
    bool well = run_jobs(&options, tallies);
    for (unsigned i = 0; i < options.jobs; i++) {
        tally_add(&sum, &tallies[i]);
    }
    tally_print(&sum, stdout);
    double seconds = seconds_now() - began;
    fprintf(stderr, "%.0f s, %.0f connections a second in %u jobs\n", seconds,
            (double)sum.counts[COUNT_CONNECTIONS] / (seconds > 0 ? seconds : 1), options.jobs);
    munmap(tallies, JOBS_MAX * sizeof *tallies);
    return well && sum.num_broken == 0 ? 0 : 1;
}

static bool number_read(const char *text, uint64_t most, uint64_t *out) {
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    *out = number;
    return errno == 0 && end != text && *end == '\0' && number <= most;
}

static bool options_read(struct options *out, int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t jobs = out->jobs;
        bool known = strcmp(argv[i], "--connections") == 0
                         ? number_read(argv[i + 1], UINT32_MAX, &out->connections)
                     : strcmp(argv[i], "--seed") == 0
                         ? number_read(argv[i + 1], UINT64_MAX, &out->seed)
                     : strcmp(argv[i], "--jobs") == 0
                         ? number_read(argv[i + 1], JOBS_MAX, &jobs) && jobs != 0
                     : strcmp(argv[i], "--plant") == 0 ? plant_find(argv[i + 1], &out->plant)
                                                       : false;
        out->jobs = (unsigned)jobs;
        if (!known) {
            return false;
        }
    }
    return argc % 2 == 1;
}

/* ------------------------------------------------------------------ one job */

static void run_slice(const struct options *options, unsigned job, struct tally *tally) {
    struct world world;
    randomness_take_over();
    world_make(&world);
    uint64_t begin = (uint64_t)job * CONNECTIONS_PER_SEED;
    uint64_t stride = (uint64_t)options->jobs * CONNECTIONS_PER_SEED;
    for (uint64_t i = begin; i < options->connections && tally->num_broken < BROKEN_MAX;
         i += stride) {
        uint64_t left = options->connections - i;
        unsigned num = left < CONNECTIONS_PER_SEED ? (unsigned)left : CONNECTIONS_PER_SEED;
        tally->seed = options->seed + i / CONNECTIONS_PER_SEED;
        (void)play_seed(&world, options, tally->seed, num, tally);
    }
    world_free(&world);
}

/* Every now and then a second time, which has to come out the same. */
static bool play_seed(const struct world *world, const struct options *options, uint64_t seed,
                      unsigned num, struct tally *tally) {
    struct tally first = {{0}, {0}, 0, 0, 0}, second = first;
    bool well = episode_play(world, seed, num, options->plant, &first);
    tally_add(tally, &first);
    if (well && seed % TWICE_EVERY == 0) {
        (void)episode_play(world, seed, num, options->plant, &second);
        if (first.digest != second.digest) {
            printf("seed %" PRIu64 ": a second run sends other bytes; again: ./dev simulate --seed "
                   "%" PRIu64 " --connections %u\n",
                   seed, seed, num);
            fflush(stdout);
            tally->num_broken++;
        }
    }
    return well;
}

/* ------------------------------------------------------------------ several jobs */

static pid_t start_job(const struct options *options, unsigned job, struct tally *tally) {
    fflush(stdout);
    pid_t child = fork();
    must(child != -1, "another process");
    if (child == 0) {
        run_slice(options, job, tally);
        exit(0);
    }
    return child;
}

/* A job that dies says where it stood. */
static bool job_ended_well(const struct tally *tally, int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return true;
    }
    printf("seed %" PRIu64 ": ended by %s %d; again: ./dev simulate --seed %" PRIu64
           " --connections %u\n",
           tally->seed, WIFSIGNALED(status) ? "signal" : "status",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), tally->seed,
           CONNECTIONS_PER_SEED);
    return false;
}

/* What is less than a seed stays in this process, where a debugger finds it. */
static bool run_jobs(const struct options *options, struct tally *tallies) {
    const struct timespec moment = {.tv_nsec = 20000000};
    pid_t children[JOBS_MAX];
    unsigned num_running = options->jobs;
    bool well = true;
    double began = seconds_now();
    if (options->connections <= CONNECTIONS_PER_SEED) {
        run_slice(options, 0, &tallies[0]);
        return true;
    }
    for (unsigned i = 0; i < options->jobs; i++) {
        children[i] = start_job(options, i, &tallies[i]);
    }
    while (num_running != 0) {
        (void)nanosleep(&moment, NULL);
        for (unsigned i = 0; i < options->jobs; i++) {
            int status;
            if (children[i] != 0 && waitpid(children[i], &status, WNOHANG) == children[i]) {
                well = job_ended_well(&tallies[i], status) && well;
                children[i] = 0;
                num_running--;
            }
        }
        show_progress(options, tallies, began);
    }
    return well;
}

/* The jobs' counts may be read half written: they are shown, and nothing more. */
static void show_progress(const struct options *options, const struct tally *tallies,
                          double began) {
    uint64_t num = 0;
    double seconds = seconds_now() - began;
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    for (unsigned i = 0; i < options->jobs; i++) {
        num += tallies[i].counts[COUNT_CONNECTIONS];
    }
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 ", %.0f a second \r", num, options->connections,
            (double)num / (seconds > 0 ? seconds : 1));
}

static double seconds_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

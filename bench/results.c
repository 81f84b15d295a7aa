/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses results by name and prints them. */
#include "results.h"
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void show_row(struct results *results, const struct result *result);
static void print_heading(const struct section *section);
static void print_row(const struct section *section, const struct result *result);
static void show_line(struct results *results, const char *name, const char *suffix, enum unit unit,
                      double ours, double theirs);
static bool is_chosen(const struct results *results, const char *name, const char *suffix);
static bool is_row_chosen(const struct results *results, const struct result *result);
static double ratio_of(enum unit unit, double ours, double theirs);
static const char *unit_name(enum unit unit);
static const char *floor_suffix(const struct section *section);
static int decimals_of(enum unit unit, double value);

void results_begin(struct results *results, const struct section *section) {
    results->section = section;
    results->has_heading = false;
}

struct results results_probe(const struct results *results, const struct section *section) {
    struct results probe = *results;
    if (probe.mode != RESULTS_TABLE) {
        probe.detail = true;
    }
    probe.mode = RESULTS_NOTHING;
    probe.section = section;
    probe.num_shown = 0;
    return probe;
}

void results_add(struct results *results, const struct result *result) {
    const struct section *section = results->section;
    if (results->mode == RESULTS_TABLE) {
        show_row(results, result);
        return;
    }
    if (results->mode == RESULTS_NOTHING) {
        results->num_shown += is_row_chosen(results, result) ? 1 : 0;
        return;
    }
    show_line(results, result->name, "", result->unit, result->ours.best, result->theirs.best);
    if (section->has_medians) {
        show_line(results, result->name, "_median", result->unit, result->ours.median,
                  result->theirs.median);
    }
    if (section->floor_name != NULL) {
        show_line(results, result->name, floor_suffix(section), result->unit, result->ours.best,
                  result->floor);
    }
}

static void show_row(struct results *results, const struct result *result) {
    if (!is_row_chosen(results, result)) {
        return;
    }
    if (!results->has_heading) {
        print_heading(results->section);
        results->has_heading = true;
    }
    print_row(results->section, result);
    fflush(stdout);
    results->num_shown++;
}

static void print_heading(const struct section *section) {
    printf("\n%s\n%-35s %9s %9s %6s", section->title, "", "ours", "theirs", "ratio");
    if (section->floor_name != NULL) {
        printf(" %9s %6s", section->floor_name, "to it");
    }
    if (section->has_medians) {
        printf("  %9s %9s %6s", "med. ours", "theirs", "ratio");
    }
    putchar('\n');
}

static void print_row(const struct section *section, const struct result *result) {
    enum unit unit = result->unit;
    double ours = result->ours.best;
    double theirs = result->theirs.best;
    printf("%-35s %9.*f %9.*f %6.2f", result->name, decimals_of(unit, ours), ours,
           decimals_of(unit, theirs), theirs, ratio_of(unit, ours, theirs));
    if (section->floor_name != NULL) {
        printf(" %9.*f %6.2f", decimals_of(unit, result->floor), result->floor,
               ratio_of(unit, ours, result->floor));
    }
    if (section->has_medians) {
        printf("  %9.*f %9.*f %6.2f", decimals_of(unit, ours), result->ours.median,
               decimals_of(unit, theirs), result->theirs.median,
               ratio_of(unit, result->ours.median, result->theirs.median));
    }
    putchar('\n');
}

static void show_line(struct results *results, const char *name, const char *suffix, enum unit unit,
                      double ours, double theirs) {
    if (!is_chosen(results, name, suffix)) {
        return;
    }
    results->num_shown++;
    if (results->mode == RESULTS_LIST) {
        printf("%s%s\n", name, suffix);
    } else if (results->mode == RESULTS_JSON) {
        double ratio = ratio_of(unit, ours, theirs);
        printf("{\"bench\": \"%s%s\", \"ours\": %.6g, \"theirs\": %.6g, \"ratio\": ", name, suffix,
               ours, theirs);
        if (isfinite(ratio)) {
            printf("%.4g", ratio);
        } else {
            printf("null");
        }
        printf(", \"unit\": \"%s\"}\n", unit_name(unit));
        fflush(stdout);
    }
}

static bool is_chosen(const struct results *results, const char *name, const char *suffix) {
    char whole[RESULT_NAME_LEN_MAX + 16];
    if (results->only == NULL) {
        return true;
    }
    snprintf(whole, sizeof(whole), "%s%s", name, suffix);
    return strpbrk(results->only, "*?[") != NULL ? fnmatch(results->only, whole, 0) == 0
                                                 : strstr(whole, results->only) != NULL;
}

/* A row is shown where any of its lines of JSON would be. */
static bool is_row_chosen(const struct results *results, const struct result *result) {
    const struct section *section = results->section;
    if (result->is_detail && !results->detail) {
        return false;
    }
    return is_chosen(results, result->name, "") ||
           (section->has_medians && is_chosen(results, result->name, "_median")) ||
           (section->floor_name != NULL && is_chosen(results, result->name, floor_suffix(section)));
}

static double ratio_of(enum unit unit, double ours, double theirs) {
    if (fabs(ours) < 1e-12 && fabs(theirs) < 1e-12) {
        return 1;
    }
    return unit == UNIT_MEGABYTES_PER_SECOND ? ours / theirs : theirs / ours;
}

static const char *unit_name(enum unit unit) {
    static const char *const names[] = {
        [UNIT_MICROSECONDS] = "us",
        [UNIT_MEGABYTES_PER_SECOND] = "MB/s",
        [UNIT_BYTES] = "bytes",
        [UNIT_ALLOCATIONS] = "allocations",
    };
    return names[unit];
}

static const char *floor_suffix(const struct section *section) {
    return strcmp(section->floor_name, "sum") == 0 ? "_over_sum" : "_over_bare";
}

static int decimals_of(enum unit unit, double value) {
    if (unit == UNIT_MICROSECONDS) {
        return 1;
    }
    return unit == UNIT_ALLOCATIONS && value < 10 ? 2 : 0;
}

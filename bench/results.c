/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses results by name and prints them. */
#include "results.h"
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Whether a target was met. */
enum outcome { NOT_ASKED, MET, MISSED };

/* One line of JSON. */
struct line {
    const char *name;
    const char *suffix;
    enum unit unit;
    double ours;
    double theirs; /* NAN for nobody */
    enum outcome outcome;
};

static void show_row(struct results *results, const struct result *result);
static void print_heading(const struct section *section);
static void print_row(const struct section *section, const struct result *result);
static void print_number(int width, int decimals, double value);
static void print_targets(const struct result *result);
static void show_line(struct results *results, const struct line *line);
static void print_json_number(double value, int digits);
static double theirs_of(const struct result *result, double theirs);
static double floor_of(const struct result *result);
static enum outcome outcome_beside(const struct result *result);
static enum outcome outcome_over_floor(const struct result *result);
static enum outcome outcome_of(bool asked, bool met);
static enum outcome outcome_of_both(enum outcome one, enum outcome other);
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
    struct line line = {.name = result->name,
                        .suffix = "",
                        .unit = result->unit,
                        .ours = result->ours.best,
                        .theirs = theirs_of(result, result->theirs.best),
                        .outcome = outcome_beside(result)};
    show_line(results, &line);
    if (section->has_medians) {
        line.suffix = "_median";
        line.ours = result->ours.median;
        line.theirs = theirs_of(result, result->theirs.median);
        line.outcome = NOT_ASKED;
        show_line(results, &line);
    }
    if (section->floor_name != NULL) {
        line.suffix = floor_suffix(section);
        line.ours = result->ours.best;
        line.theirs = floor_of(result);
        line.outcome = outcome_over_floor(result);
        show_line(results, &line);
    }
}

void results_end(const struct results *results) {
    if (results->mode == RESULTS_TABLE && results->num_met + results->num_missed > 0) {
        printf("\n%zu targets met, %zu missed\n", results->num_met, results->num_missed);
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
    enum outcome outcome = outcome_of_both(outcome_beside(result), outcome_over_floor(result));
    results->num_met += outcome == MET ? 1 : 0;
    results->num_missed += outcome == MISSED ? 1 : 0;
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
    double theirs = theirs_of(result, result->theirs.best);
    printf("%-35s", result->name);
    print_number(10, decimals_of(unit, ours), ours);
    print_number(10, decimals_of(unit, theirs), theirs);
    print_number(7, 2, ratio_of(unit, ours, theirs));
    if (section->floor_name != NULL) {
        print_number(10, decimals_of(unit, result->floor), floor_of(result));
        print_number(7, 2, ratio_of(unit, ours, floor_of(result)));
    }
    if (section->has_medians) {
        double median = theirs_of(result, result->theirs.median);
        print_number(11, decimals_of(unit, ours), result->ours.median);
        print_number(10, decimals_of(unit, theirs), median);
        print_number(7, 2, ratio_of(unit, result->ours.median, median));
    }
    print_targets(result);
    putchar('\n');
}

static void print_number(int width, int decimals, double value) {
    if (isfinite(value)) {
        printf("%*.*f", width, decimals, value);
    } else {
        printf("%*s", width, "-");
    }
}

static void print_targets(const struct result *result) {
    static const char *const words[] = {[NOT_ASKED] = "", [MET] = "met", [MISSED] = "missed"};
    const struct target *target = &result->target;
    enum outcome outcome = outcome_of_both(outcome_beside(result), outcome_over_floor(result));
    if (outcome == NOT_ASKED) {
        return;
    }
    printf("  %s:", words[outcome]);
    if (target->ratio > 0) {
        printf(" %.1fx", target->ratio);
    }
    if (target->of_floor > 0) {
        printf(" %.3f of %.2f", result->ours.best / result->floor, target->of_floor);
    }
    if (target->has_ours) {
        printf(" at most %.0f", target->ours);
    }
}

static void show_line(struct results *results, const struct line *line) {
    static const char *const words[] = {[NOT_ASKED] = "null", [MET] = "true", [MISSED] = "false"};
    if (!is_chosen(results, line->name, line->suffix)) {
        return;
    }
    results->num_shown++;
    if (results->mode == RESULTS_LIST) {
        printf("%s%s\n", line->name, line->suffix);
    } else if (results->mode == RESULTS_JSON) {
        printf("{\"bench\": \"%s%s\", \"ours\": %.6g, \"theirs\": ", line->name, line->suffix,
               line->ours);
        print_json_number(line->theirs, 6);
        printf(", \"ratio\": ");
        print_json_number(ratio_of(line->unit, line->ours, line->theirs), 4);
        printf(", \"unit\": \"%s\", \"met\": %s}\n", unit_name(line->unit), words[line->outcome]);
        fflush(stdout);
    }
}

static void print_json_number(double value, int digits) {
    if (isfinite(value)) {
        printf("%.*g", digits, value);
    } else {
        printf("null");
    }
}

static double theirs_of(const struct result *result, double theirs) {
    return result->ours_alone ? (double)NAN : theirs;
}

static double floor_of(const struct result *result) {
    return result->floor > 0 ? result->floor : (double)NAN;
}

static enum outcome outcome_beside(const struct result *result) {
    const struct target *target = &result->target;
    double ratio = ratio_of(result->unit, result->ours.best, result->theirs.best);
    return outcome_of_both(outcome_of(target->ratio > 0, ratio >= target->ratio),
                           outcome_of(target->has_ours, result->ours.best <= target->ours));
}

static enum outcome outcome_over_floor(const struct result *result) {
    double over = result->ours.best / result->floor;
    bool is_speed = result->unit == UNIT_MEGABYTES_PER_SECOND;
    double asked = result->target.of_floor;
    return outcome_of(asked > 0, is_speed ? over >= asked : over <= asked);
}

static enum outcome outcome_of(bool asked, bool met) {
    return !asked ? NOT_ASKED : met ? MET : MISSED;
}

static enum outcome outcome_of_both(enum outcome one, enum outcome other) {
    return one > other ? one : other;
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

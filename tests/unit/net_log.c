/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: one line an event, whatever a peer puts into it. */
#include "net/log.h"

#include "support/check.h"

#include <stdlib.h>

struct output {
    char *text;
    size_t len;
    FILE *file;
};

static struct log open_log(struct output *output) {
    output->file = open_memstream(&output->text, &output->len);
    assert_non_null(output->file);
    return (struct log){.file = output->file, .lowest = LOG_INFO};
}

static void close_log(struct output *output) {
    fclose(output->file);
    free(output->text);
}

/* The line behind its time. */
static const char *body_of(const struct output *output) {
    const char *body = strchr(output->text, ' ');
    assert_non_null(body);
    return body;
}

static void test_plain_and_quoted_values(void **state) {
    (void)state;
    struct output output;
    struct log_line line;
    struct log log = open_log(&output);
    log_begin(&line, LOG_WARN, "test");
    log_text(&line, "bare", "1.2.3.4:5");
    log_text(&line, "quoted", "two \"words\"");
    log_text(&line, "empty", "");
    log_number(&line, "number", -3);
    log_end(&log, &line);
    assert_string_equal(body_of(&output), " level=warn event=test bare=1.2.3.4:5 "
                                          "quoted=\"two \\\"words\\\"\" empty=\"\" number=-3\n");
    close_log(&output);
}

static void test_hostile_bytes_stay_on_the_line(void **state) {
    (void)state;
    struct output output;
    struct log_line line;
    struct log log = open_log(&output);
    log_begin(&line, LOG_INFO, "test");
    log_bytes(&line, "target", BYTES_OF("/\r\nlevel=error\x1b[2J\0\xff"));
    log_end(&log, &line);
    assert_string_equal(
        body_of(&output),
        " level=info event=test target=\"/\\x0d\\x0alevel=error\\x1b[2J\\x00\\xff\"\n");
    close_log(&output);
}

static void test_long_value_is_left_out_whole(void **state) {
    (void)state;
    static uint8_t lots[LOG_LINE_MAX];
    struct output output;
    struct log_line line;
    struct log log = open_log(&output);
    log_begin(&line, LOG_INFO, "test");
    log_bytes(&line, "long", BYTES_IN(lots));
    log_text(&line, "after", "here");
    log_end(&log, &line);
    assert_string_equal(body_of(&output), " level=info event=test after=here\n");
    close_log(&output);
}

static void test_lines_below_the_level_are_dropped(void **state) {
    (void)state;
    struct output output;
    struct log_line line;
    struct log log = open_log(&output);
    log.lowest = LOG_WARN;
    log_begin(&line, LOG_INFO, "test");
    log_end(&log, &line);
    fflush(output.file);
    assert_int_equal(output.len, 0);
    log_begin(&line, LOG_ERROR, "test");
    log_end(&log, &line);
    assert_true(output.len > 0);
    close_log(&output);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_and_quoted_values),
        cmocka_unit_test(test_hostile_bytes_stay_on_the_line),
        cmocka_unit_test(test_long_value_is_left_out_whole),
        cmocka_unit_test(test_lines_below_the_level_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A long random sequence of calls, beside the same sequence in plain arrays.
 */
#include "core/record/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "test/unit/record/log_walk.h"

enum { MODEL_STEPS = 300000, MODEL_DEPTH = 9000 };

/* What a thread does, in plain arrays. */
struct model {
    uint32_t open[MODEL_DEPTH];
    uint32_t depth, hidden, max_depth, watched_depth, watched_hidden;
    uint32_t written[MODEL_STEPS];
    size_t written_count;
    uint64_t random;
};

static uint32_t random_below(struct model *model, uint32_t limit) {
    model->random ^= model->random << 13; /* xorshift64, Marsaglia 2003 */
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return (uint32_t)(model->random % limit);
}

static void model_enter(struct model *model, uint32_t id, bool hide) {
    if (model->hidden || hide || model->depth >= model->max_depth)
        model->hidden++;
    else
        model->open[model->depth++] = id;
}

static enum vt_thread_left model_leave(struct model *model, uint32_t id) {
    if (model->hidden) {
        model->hidden--;
    } else {
        uint32_t at = model->depth;
        while (at && model->open[at - 1] != id)
            at--;
        if (!at || model->depth - at >= 4096)
            return VT_THREAD_LEFT;
        memmove(&model->open[at - 1], &model->open[at],
                (model->depth - at) * sizeof *model->open);
        model->depth--;
        model->written[model->written_count++] = id;
    }
    return model->depth == model->watched_depth &&
                   model->hidden == model->watched_hidden
               ? VT_THREAD_AT_WATCH
               : VT_THREAD_LEFT;
}

/* Mostly proper calls, with long ways down and up; some strays. */
static void step_both(struct model *model, struct vt_thread *thread, bool down) {
    uint32_t dice = random_below(model, 1000);
    bool enters = model->hidden ? dice < 400 : (dice < 700) == down;
    enters = enters && model->depth < MODEL_DEPTH - 1;
    uint32_t id = random_below(model, 50);
    if (dice == 999) {
        model->watched_depth = random_below(model, 4000);
        model->watched_hidden = random_below(model, 3);
        vt_thread_watch(thread, model->watched_depth, model->watched_hidden);
    } else if (dice == 998) {
        model->max_depth = random_below(model, 4) ? UINT32_MAX : model->depth + 3;
        thread->max_depth = model->max_depth;
    } else if (enters) {
        bool hide = dice % 97 == 0;
        model_enter(model, id, hide);
        vt_thread_enter(thread, id, hide);
    } else {
        if (model->depth && dice % 20)
            id = model->open[model->depth - 1];
        assert_int_equal(vt_thread_leave(thread, id), model_leave(model, id));
    }
    assert_int_equal(vt_thread_depth(thread), model->depth);
    assert_int_equal(thread->hidden, model->hidden);
}

static void any_sequence_does_what_a_plain_stack_does(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 1000000, 0);
    struct vt_thread *thread = vt_test_thread(log);
    struct model *model = calloc(1, sizeof *model);
    assert_non_null(model);
    model->max_depth = model->watched_depth = UINT32_MAX;
    model->random = 88172645463325252u;
    uint32_t deepest = 0;
    for (int i = 0; i < MODEL_STEPS; i++) {
        step_both(model, thread, i / 30000 % 2 == 0);
        deepest = model->depth > deepest ? model->depth : deepest;
    }
    assert_true(deepest > VT_BLOCK_FRAMES);
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.event_count, model->written_count);
    for (size_t i = 0; i < model->written_count; i++)
        assert_int_equal(vt_walked_id(&walk.events[i]), model->written[i]);
    assert_int_equal(walk.frame_count, model->depth);
    for (size_t i = 0; i < model->depth; i++)
        assert_int_equal(walk.frames[i].frame.id, model->open[i]);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
    free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_sequence_does_what_a_plain_stack_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

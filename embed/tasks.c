/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/tasks.h"

#include "core/base/buf.h"
#include "embed/pycompat_types.h"
#include "embed/pytext.h"
#include "embed/recorder.h"

#include <stdlib.h>
#include <unistd.h>

/* The lane of one task, or of one that died and had its address. */
struct lane {
    PyObject *reference; /* a weak one */
    PyObject *name;      /* as it was shown last */
    uint32_t index;
    uint64_t tid;
};

static struct {
    PyObject *places; /* address of a task -> place in `lanes` */
    struct lane *lanes;
    Py_ssize_t count;
    uint64_t serial; /* of the recorder whose lanes these are */
    uint64_t made;   /* lanes, ever */
} tasks;

/* ---- which task ------------------------------------------------------------------ */

/* A new reference; NULL: not within a task of such a loop. */
static PyObject *ask(const char *module_name, const char *function) {
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *module = modules ? PyDict_GetItemString(modules, module_name) : NULL;
    if (!module)
        return NULL;
    Py_INCREF(module);
    PyObject *task = PyObject_CallMethod(module, function, NULL);
    Py_DECREF(module);
    PyErr_Clear(); /* no loop runs in this thread */
    if (task == Py_None)
        Py_CLEAR(task);
    return task;
}

static PyObject *find_task(void) {
    PyObject *task = ask("asyncio.tasks", "current_task");
    return task ? task : ask("trio.lowlevel", "current_task");
}

/* A new reference to a str. */
static PyObject *ask_name(PyObject *task) {
    PyObject *name = PyObject_CallMethod(task, "get_name", NULL);
    if (!name) { /* trio's tasks */
        PyErr_Clear();
        name = PyObject_GetAttrString(task, "name");
    }
    PyErr_Clear();
    if (name && PyUnicode_Check(name))
        return name;
    Py_XDECREF(name);
    return PyUnicode_FromString("Task");
}

/* ---- its lane -------------------------------------------------------------------- */

static void forget_all(uint64_t serial) {
    for (Py_ssize_t i = 0; i < tasks.count; i++) {
        Py_XDECREF(tasks.lanes[i].reference);
        Py_XDECREF(tasks.lanes[i].name);
    }
    tasks.count = 0;
    if (tasks.places)
        PyDict_Clear(tasks.places);
    tasks.serial = serial;
}

static struct lane *add_lane(PyObject *address) {
    struct lane *lanes =
        realloc(tasks.lanes, (size_t)(tasks.count + 1) * sizeof *lanes);
    if (!lanes)
        return NULL;
    tasks.lanes = lanes;
    PyObject *place = PyLong_FromSsize_t(tasks.count);
    int status = place ? PyDict_SetItem(tasks.places, address, place) : -1;
    Py_XDECREF(place);
    if (status != 0)
        return NULL;
    lanes[tasks.count] = (struct lane){.index = VT_LOG_NO_ID};
    return &lanes[tasks.count++];
}

static struct lane *find_lane(PyObject *task) {
    if (!tasks.places && !(tasks.places = PyDict_New()))
        return NULL;
    PyObject *address = PyLong_FromVoidPtr(task);
    PyObject *place = address ? PyDict_GetItem(tasks.places, address) : NULL;
    struct lane *lane = place ? &tasks.lanes[PyLong_AsSsize_t(place)] : NULL;
    if (address && !lane)
        lane = add_lane(address);
    Py_XDECREF(address);
    return lane;
}

/* No thread has such a number: Linux counts to 4 million. Processes have different
 * ones, since viewers know threads by them; 31 bits are what those can take. */
static uint64_t make_tid(void) {
    return UINT64_C(0x1000000) + (uint64_t)(getpid() % 100) * 10000000 +
           tasks.made++ % 10000000;
}

static void show_name(struct vt_log *log, struct lane *lane, PyObject *name) {
    struct vt_buf text = {0};
    vt_pytext_append(&text, name);
    struct vt_log_text bytes = {text.data, text.size};
    if (lane->index == VT_LOG_NO_ID)
        lane->index = vt_log_add_task(log, lane->tid, bytes);
    else
        vt_log_name_task(log, lane->index, lane->tid, bytes);
    vt_buf_fini(&text);
    Py_XDECREF(lane->name);
    Py_INCREF(name);
    lane->name = name;
}

/* A task at the address of one that died gets a lane with a number of its own. */
static void settle(struct lane *lane, PyObject *task) {
    if (lane->reference && vt_py_refers_to(lane->reference, task))
        return;
    Py_XDECREF(lane->reference);
    lane->reference = PyWeakref_NewRef(task, NULL);
    lane->index = VT_LOG_NO_ID;
    lane->tid = make_tid();
    Py_CLEAR(lane->name);
}

static uint32_t lane_of(struct vt_recorder *recorder, PyObject *task) {
    PyObject *name = ask_name(task);
    if (tasks.serial != recorder->serial)
        forget_all(recorder->serial);
    struct lane *lane = name ? find_lane(task) : NULL;
    if (lane) {
        settle(lane, task);
        if (!lane->name ||
            (lane->name != name && PyUnicode_Compare(lane->name, name) != 0))
            show_name(recorder->log, lane, name);
    }
    Py_XDECREF(name);
    PyErr_Clear();
    return lane ? lane->index : VT_LOG_NO_ID;
}

void vt_tasks_enter(struct vt_thread *thread) {
    struct vt_recorder *recorder = vt_recorder_current();
    if (vt_thread_in_task(thread) || thread->hidden || !recorder)
        return;
    uint64_t serial = recorder->serial;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *task = find_task();
    recorder = vt_recorder_current(); /* others may have run */
    bool is_on = recorder && recorder->serial == serial;
    uint32_t index = task && is_on ? lane_of(recorder, task) : VT_LOG_NO_ID;
    Py_XDECREF(task);
    PyErr_Restore(type, value, traceback);
    if (index != VT_LOG_NO_ID && vt_recorder_lane() == thread)
        (void)vt_thread_begin_task(thread, index);
}

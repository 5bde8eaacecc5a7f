/* A false clock for programs that are started with LD_PRELOAD=this and TEST_CLOCK=a file of four doubles.
 *
 * They see the time as offset + (true time - origin) * speed, in seconds. Their monotonic clocks and all their waits go
 * at the speed `waits`. Programs with the same file have the same clock, whenever they were started, and see at once
 * what is written into it. Not changed: times of files, which are the kernel's; timers (alarm, setitimer, timerfd); and
 * programs that are linked statically, such as rclone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct clock { double offset, origin, speed, waits; };
static const struct clock none = {0, 0, 1, 1};
static const volatile struct clock *told = &none;

#define TRUE_ONE(name) \
    static __typeof__(name) *true_one; \
    if (!true_one) true_one = dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void look(void) {
    const char *path = getenv("TEST_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *map = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) told = map;
    close(file);
}

static double seconds(const struct timespec *t) { return t->tv_sec + t->tv_nsec / 1e9; }

static struct timespec spec(double t) {
    double whole = floor(t);
    return (struct timespec){(time_t)whole, (long)((t - whole) * 1e9)};
}

static int is_wall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

static int is_steady(clockid_t clock) {
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_MONOTONIC_RAW ||
           clock == CLOCK_BOOTTIME;
}

/* A length of time, and a moment of a clock, as the kernel has them. */
static struct timespec length(const struct timespec *t) { return spec(seconds(t) / told->waits); }

static struct timespec moment(clockid_t clock, const struct timespec *t) {
    if (is_wall(clock)) return spec(told->origin + (seconds(t) - told->offset) / told->speed);
    return is_steady(clock) ? length(t) : *t;
}

static int milliseconds(int timeout) { return timeout > 0 ? (int)ceil(timeout / told->waits) : timeout; }

int clock_gettime(clockid_t clock, struct timespec *now) {
    TRUE_ONE(clock_gettime);
    int failed = true_one(clock, now);
    if (!failed && is_wall(clock)) *now = spec(told->offset + (seconds(now) - told->origin) * told->speed);
    if (!failed && is_steady(clock)) *now = spec(seconds(now) * told->waits);
    return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec precise;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
    return failed;
}

time_t time(time_t *also) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (also) *also = now.tv_sec;
    return now.tv_sec;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *t, struct timespec *left) {
    TRUE_ONE(clock_nanosleep);
    struct timespec kernels = flags & TIMER_ABSTIME ? moment(clock, t) : length(t);
    int failed = true_one(clock, flags, &kernels, left);
    if (failed && left && !(flags & TIMER_ABSTIME)) *left = spec(seconds(left) * told->waits);
    return failed;
}

int nanosleep(const struct timespec *t, struct timespec *left) {
    TRUE_ONE(nanosleep);
    struct timespec kernels = length(t);
    int failed = true_one(&kernels, left);
    if (failed && left) *left = spec(seconds(left) * told->waits);
    return failed;
}

unsigned int sleep(unsigned int t) {
    struct timespec left = {t, 0};
    return nanosleep(&left, &left) ? (unsigned int)left.tv_sec : 0;
}

int usleep(useconds_t t) {
    struct timespec length_of_it = spec(t / 1e6);
    return nanosleep(&length_of_it, NULL);
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *t) {
    TRUE_ONE(sem_clockwait);
    struct timespec kernels = moment(clock, t);
    return true_one(semaphore, clock, &kernels);
}

int sem_timedwait(sem_t *semaphore, const struct timespec *t) {
    TRUE_ONE(sem_timedwait);
    struct timespec kernels = moment(CLOCK_REALTIME, t);
    return true_one(semaphore, &kernels);
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *t) {
    TRUE_ONE(pthread_cond_clockwait);
    struct timespec kernels = moment(clock, t);
    return true_one(condition, mutex, clock, &kernels);
}

int sigtimedwait(const sigset_t *signals, siginfo_t *information, const struct timespec *t) {
    TRUE_ONE(sigtimedwait);
    struct timespec kernels = length(t);
    return true_one(signals, information, &kernels);
}

int poll(struct pollfd *files, nfds_t count, int timeout) {
    TRUE_ONE(poll);
    return true_one(files, count, milliseconds(timeout));
}

int epoll_wait(int set, struct epoll_event *events, int count, int timeout) {
    TRUE_ONE(epoll_wait);
    return true_one(set, events, count, milliseconds(timeout));
}

int select(int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *t) {
    TRUE_ONE(select);
    if (!t) return true_one(count, in, out, other, NULL);
    struct timespec kernels = spec((t->tv_sec + t->tv_usec / 1e6) / told->waits);
    struct timeval rounded = {kernels.tv_sec, kernels.tv_nsec / 1000};
    return true_one(count, in, out, other, &rounded);
}

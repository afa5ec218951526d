/* Linked to the programs that fuzz/programs.py starts: what they find ends them by SIGABRT, whatever their environment. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
    return "abort_on_error=1:detect_leaks=0:allocator_may_return_null=1:log_path=" REPORTS;
}

const char *__ubsan_default_options(void)
{
    return "abort_on_error=1:print_stacktrace=1:log_path=" REPORTS;
}

---@meta tidemill
-- Types of the module `tidemill` for lua-language-server. The reference is docs/reference.md.
-- Times and timeouts are seconds; no timeout or math.huge waits for ever, 0 or less does not wait.

---@class tidemill
local tm = {}

---An error of the engine. `tostring` gives the message.
---@class tidemill.Error
---@field kind "cancelled"|"timeout"|"closed"|"broken"|"limit"|"transfer"|"deadlock"|"failed"|"group"|"stage"
---@field message string begins with the script's line
---@field reason? any of `cancelled`: a copy of what was given to `cancel`
---@field task? tidemill.Task of `cancelled`: the task that was cancelled
---@field value? false of `failed`: the error value, nil or false
---@field errors? tidemill.Errors of `group`: what failed, in order
---@field cause? any the error that was under way when this one was raised in cleanup; of `stage`: what was raised
---@field stage? string of `stage`: the stage, "source", or the name of the sink
---@field index? integer of `stage`: the number of the item in the source
---@field item? any of `stage`: a copy of the item
---@field error? any of `stage`: what was raised
---@field others? tidemill.Errors of `stage`: what failed later
local Error = {}

---The errors of a group; any of them may be nil.
---@class tidemill.Errors
---@field n integer their number
---@field [integer] any

---The error itself if it is of that kind, or the first such error in a group, however deep.
---@param kind string
---@return tidemill.Error?
---@nodiscard
function Error:find(kind) end

-- Tasks -----------------------------------------------------------------------------------------

---@alias tidemill.Status
---| "queued"     # has not started
---| "running"    # its code runs, or it is about to go on
---| "waiting"    # suspended in a call
---| "finishing"  # its function has returned, children are still running
---| "done"
---| "failed"
---| "cancelled"

---A running function: one made by `tm.spawn`, or a job of a pool.
---@class tidemill.Task
---@field id integer number of the task, distinct in the process; read only
---@field name? string what `pool:job` was given; read only
local Task = {}

---Makes a task that runs `fn(...)` in the same Lua state. It starts when the caller next waits.
---Does not wait.
---@param fn function
---@param ... any arguments, not copied
---@return tidemill.Task
function tm.spawn(fn, ...) end

---Runs `main(...)` as a task and waits for it and its children. May wait; raises what that raises.
---@param main function
---@param ... any
---@return any ... the results of `main`
function tm.run(main, ...) end

---As `spawn`, but the task is cancelled when its parent, or the block it was made in, has nothing else
---left to do. Does not wait.
---@param fn function
---@param ... any arguments, not copied
---@return tidemill.Task
function tm.background(fn, ...) end

---How long a task may go on after it was told that it is cancelled before it is killed; sets it if
---`seconds` is given. Default 1. Does not wait.
---@param seconds? number
---@return number seconds
function tm.grace(seconds) end

---The task that calls it. Does not wait.
---@return tidemill.Task
---@nodiscard
function tm.current() end

---Suspends the task for at least `seconds`; with 0 or less only lets the other ready tasks run.
---@param seconds number
function tm.sleep(seconds) end

---Lets the other ready tasks of this worker run once. May wait.
function tm.yield() end

---Seconds on a clock that never goes back; only differences mean something. Does not wait.
---@return number
---@nodiscard
function tm.now() end

---A channel that gets one message after `seconds`, the moment as `tm.now` gives it, and is then
---closed. Does not wait.
---@param seconds number
---@return tidemill.Channel
---@nodiscard
function tm.after(seconds) end

---A channel of one place that gets the moment after each period; what finds it full is dropped.
---Closing it stops it. Does not wait.
---@param seconds number greater than 0
---@return tidemill.Channel
---@nodiscard
function tm.every(seconds) end

---Fields of the running task. A new task or job begins with a copy of its maker's, without what cannot
---be sent.
---@type table<any, any>
tm.locals = {}

---@class tidemill.TaskReport
---@field id integer
---@field title string with the line that made it
---@field status string
---@field waits_for? string in words; absent if it does not wait
---@field where? string the line that waits
---@field seconds? number for how long
---@field text string all of that
---@field children tidemill.TaskReport[]

---The tasks that have not ended: the roots with their children. `tostring` gives a tree.
---@return tidemill.TaskReport[]
---@nodiscard
function tm.tasks() end

---What a task does or waits for, in words.
---@param task tidemill.Task
---@return string
---@nodiscard
function tm.why(task) end

---Where the error of a failed task was raised and which tasks had made it; nil if it has not failed.
---Does not wait.
---@param task tidemill.Task
---@return string?
---@nodiscard
function tm.traceback(task) end

---Waits until the task is finished. May wait; raises the task's error unchanged, `cancelled`, or
---`timeout`.
---@param timeout? number seconds
---@return any ... the results of its function
function Task:await(timeout) end

---Waits until the task is finished and says how it ended. May wait.
---@param timeout? number seconds
---@return boolean? ok true, false if it failed or was cancelled, nil if the time was up
---@return any ... results | error | "timeout"
function Task:join(timeout) end

---Asks the task and its children to end. Does not wait. Raises `transfer` if the reason cannot be sent.
---@param reason? any becomes `reason` of the `cancelled` errors; the first counts
---@return boolean asked true if it was not finished yet
function Task:cancel(reason) end

---Calls `fn(task)` in a task of its own when the task is finished, however it ended. Does not wait.
---@param fn fun(task: tidemill.Task)
---@return tidemill.Task self
function Task:on_done(fn) end

---@return tidemill.Status
---@nodiscard
function Task:status() end

---True if the task is done, failed or cancelled. Does not wait.
---@return boolean
---@nodiscard
function Task:done() end

-- Scopes ----------------------------------------------------------------------------------------

---A stretch of a task with children of its own.
---@class tidemill.Scope
local Scope = {}

---@class tidemill.ScopeOptions
---@field timeout? number seconds after which it is cancelled and raises `timeout`
---@field errors? "raise"|"report" "report": failures of children are only logged; default "raise"

---Runs `fn(scope)` and waits for all children made in it. The first failure cancels the body and the
---other children; then all failures are raised as one `group`. May wait; raises `group`, `timeout`,
---`cancelled`.
---@param fn fun(scope: tidemill.Scope): ...
---@param options? tidemill.ScopeOptions
---@return any ... the results of `fn`; none if the scope was cancelled by `scope:cancel`
function tm.scope(fn, options) end

---As `tm.spawn`; the task is a child of the scope. Does not wait; raises if the scope has ended.
---@param fn function
---@param ... any arguments, not copied
---@return tidemill.Task
function Scope:spawn(fn, ...) end

---As `pool:submit`; the job is a child of the scope. May wait; raises if the scope has ended.
---@param pool tidemill.Pool
---@param fn function
---@param ... any arguments, copied
---@return tidemill.Task
function Scope:submit(pool, fn, ...) end

---Ends the body and the children; the scope then returns without values. Does not wait.
---@param reason? any becomes `reason` of the `cancelled` errors
---@return boolean first true if it was not cancelled or left before
function Scope:cancel(reason) end

---Sets the deadline anew, from now; nil or math.huge removes it. Does not wait; raises if the scope
---has ended.
---@param seconds number?
function Scope:deadline(seconds) end

---Runs `fn(...)`, which is stopped after `seconds`: then it raises `timeout`. With 0 or less `fn` is
---not called. May wait; raises what `fn` raises, `timeout`, `cancelled`.
---@param seconds number
---@param fn function
---@param ... any
---@return any ... the results of `fn`
function tm.timeout(seconds, fn, ...) end

---Runs `fn()` out of the reach of cancellations from outside, for cleanup that has to wait. May wait;
---raises what `fn` raises, `timeout`.
---@param fn fun(): ...
---@param seconds? number how long at most; default no limit
---@return any ... the results of `fn`
function tm.shield(fn, seconds) end

-- Several tasks ---------------------------------------------------------------------------------

---@alias tidemill.Member tidemill.Task|fun(): ... a function is spawned for the call

---The first result of each, in order. If one fails, cancels the rest, waits for them, and raises its
---error. May wait.
---@param list tidemill.Member[]
---@return any[] results
function tm.all(list) end

---As `all`, with arguments in place of lists. The last may be options: `return_errors = true` cancels
---nothing and gives errors in the place of results. May wait.
---@param ... tidemill.Member|{return_errors?: boolean}
---@return any ... the first result of each
function tm.gather(...) end

---@class tidemill.Outcome
---@field ok boolean
---@field value? any the first result
---@field error? any

---How each ended, in order. Cancels nothing. May wait.
---@param list tidemill.Member[]
---@return tidemill.Outcome[]
function tm.settle(list) end

---The results of the first that succeeds; the rest are cancelled and waited for. Raises a `group` if
---none does. May wait.
---@param list tidemill.Member[] not empty
---@return any ...
function tm.any(list) end

---The results of the first that ends, or its error; the rest are cancelled and waited for. May wait.
---@param list tidemill.Member[] not empty
---@return any ...
function tm.race(list) end

---Yields each task when it ends. Leaving the loop early cancels what was spawned for it. Each step may
---wait; raises `timeout`.
---@param list tidemill.Member[]|(fun(): tidemill.Member?)|tidemill.Channel|tidemill.Queue|tidemill.PipeEnd
---@param timeout? number seconds for the whole loop
---@return fun(): tidemill.Task?
---@return nil
---@return nil
---@return any closing
function tm.as_completed(list, timeout) end

---Waits for all, for the first end, or for the first failure. Cancels nothing. May wait.
---@param list tidemill.Member[]
---@param mode? "all"|"first"|"first_error" default "all"
---@param timeout? number seconds; then it returns what there is
---@return tidemill.Task[] done in the order of the list
---@return tidemill.Task[] pending in the order of the list
function tm.wait(list, mode, timeout) end

-- Futures --------------------------------------------------------------------------------------

---A task without a function, which somebody else ends.
---@class tidemill.Future : tidemill.Task
local Future = {}

---Does not wait.
---@return tidemill.Future
---@nodiscard
function tm.future() end

---Ends it with results. Any task of any worker may. Raises if it was ended before; `transfer`. Does not
---wait.
---@param ... any
---@return boolean ended false if it was cancelled before
function Future:resolve(...) end

---Ends it with an error. Otherwise as `resolve`.
---@param err? any
---@return boolean ended false if it was cancelled before
function Future:fail(err) end

-- Channels --------------------------------------------------------------------------------------

---Passes messages between tasks, of one worker or several. As an iterator it receives until it is
---closed and empty: `for value, ... in channel do`.
---@class tidemill.Channel
---@operator len: integer messages it holds now
---@overload fun(): any, ...
local Channel = {}

---@class tidemill.ChannelStats
---@field length integer messages it holds now
---@field capacity number integer, or math.huge
---@field peak integer greatest length so far
---@field sent integer messages so far
---@field received integer messages so far
---@field senders_waiting integer
---@field receivers_waiting integer

---Does not wait.
---@param capacity? number whole number or math.huge; default 0: each send waits for a recv
---@param name? string for `tostring` and errors
---@return tidemill.Channel
---@overload fun(name: string): tidemill.Channel
---@nodiscard
function tm.channel(capacity, name) end

---Sends a copy of the values as one message; waits while the channel is full. Raises `closed`,
---`transfer`, `cancelled`.
---@param value any not nil
---@param ... any
---@return true
function Channel:send(value, ...) end

---As `send`, for at most `timeout` seconds. May wait.
---@param timeout number? seconds
---@param value any not nil
---@param ... any
---@return true? sent
---@return "timeout"? reason
function Channel:send_timeout(timeout, value, ...) end

---Sends if that is possible at once. Does not wait.
---@param value any not nil
---@param ... any
---@return true? sent
---@return "full"? reason
function Channel:try_send(value, ...) end

---Takes the oldest message; waits until there is one. `nil, "timeout"` or `nil, "closed"` if there
---is none. Raises `cancelled`, and what unpacking the message raises: `transfer`.
---@param timeout? number seconds
---@return any value nil: there was none
---@return any ... further values, or the reason
function Channel:recv(timeout) end

---Takes a message if there is one, otherwise `nil, "empty"` or `nil, "closed"`. Does not wait.
---Raises as `recv` does.
---@return any value nil: there was none
---@return any ... further values, or the reason
function Channel:try_recv() end

---No more messages; those it holds are still received. May be called again. Does not wait.
function Channel:close() end

---True once `close` was called, even if messages are left. Does not wait.
---@return boolean
---@nodiscard
function Channel:is_closed() end

---What was given to `tm.channel`. Does not wait.
---@return number capacity integer, or math.huge
---@nodiscard
function Channel:capacity() end

---Does not wait.
---@return tidemill.ChannelStats
---@nodiscard
function Channel:stats() end

---A send as a case of `tm.select`, which copies the values whenever it runs. Does not wait.
---@param value any not nil
---@param ... any
---@return tidemill.Sending
---@nodiscard
function Channel:sending(value, ...) end

---What `channel:sending` gives.
---@class tidemill.Sending

---Something that `tm.select` can wait for.
---@alias tidemill.Case
---| tidemill.Channel  # key, message... | key, nil, "closed"
---| tidemill.Sending  # key, true; raises `closed`
---| tidemill.Task     # key, task, once it is finished
---| tidemill.Event    # key, event, while it is set
---| tidemill.Queue    # key, item | key, nil, "closed"
---| tidemill.PipeEnd  # key, message... | key, nil, "closed"

---Waits for the first of several things; exactly one case happens, each that is ready with the same
---chance. May wait; with a timeout of 0 or less it does not. Raises `closed`, `deadlock`,
---`cancelled`, and `transfer` for what cannot be sent or, once taken, be unpacked.
---@generic K: string|integer
---@param cases table<K, tidemill.Case>
---@param timeout? number seconds
---@return K? key which case happened; nil if the time was up
---@return any ... what it gave, or "timeout"
function tm.select(cases, timeout) end

-- Queues ----------------------------------------------------------------------------------------

---Gives items out in order of arrival, newest first, or by priority, and counts them until they are
---done. As an iterator it takes until it is shut down and empty: `for item in queue do`.
---@class tidemill.Queue
---@operator len: integer items in it now
---@overload fun(): any
local Queue = {}

---@class tidemill.QueueOptions
---@field capacity? number whole number of at least 1, or math.huge, the default
---@field order? "fifo"|"lifo"|"priority" default "fifo"; by priority the lowest comes first
---@field name? string for `tostring` and errors

---@class tidemill.QueueStats
---@field length integer items in it now
---@field capacity number integer, or math.huge
---@field peak integer greatest length so far
---@field put integer items so far
---@field got integer items so far
---@field dropped integer items, by `shutdown(true)`
---@field unfinished integer items in it, or taken and not done
---@field getters_waiting integer
---@field putters_waiting integer
---@field joiners_waiting integer

---Does not wait.
---@param options? tidemill.QueueOptions
---@return tidemill.Queue
---@nodiscard
function tm.queue(options) end

---Puts a copy of the item; waits while the queue is full. Raises `closed`, `transfer`, `cancelled`.
---@param item any not nil
---@param priority? number only in a queue by priority: the lowest comes first; default 0
---@return true
function Queue:put(item, priority) end

---As `put`, for at most `timeout` seconds. May wait.
---@param timeout number? seconds
---@param item any not nil
---@param priority? number
---@return true? put
---@return "timeout"? reason
function Queue:put_timeout(timeout, item, priority) end

---Puts the item if there is room now. Does not wait.
---@param item any not nil
---@param priority? number
---@return true? put
---@return "full"? reason
function Queue:try_put(item, priority) end

---Takes the next item; waits until there is one. `nil, "timeout"` or `nil, "closed"` if there is
---none. Raises `cancelled`, and what unpacking the item raises: `transfer`; then it counts as taken
---all the same, so that `task_done` is due.
---@param timeout? number seconds
---@return any item nil: there was none
---@return string? reason
function Queue:get(timeout) end

---Takes the next item if there is one, otherwise `nil, "empty"` or `nil, "closed"`. Does not wait.
---Raises as `get` does.
---@return any item nil: there was none
---@return string? reason
function Queue:try_get() end

---An item that was taken is done. Raises if none is left that is not. Does not wait.
function Queue:task_done() end

---Waits until every item that was put is done.
---@param timeout? number seconds
---@return boolean done false: the time was up
function Queue:join(timeout) end

---No more items; those in it are still given out, or dropped if `immediate`, which counts as done.
---May be called again, then to drop them. Does not wait.
---@param immediate? boolean default false
function Queue:shutdown(immediate) end

---True once `shutdown` was called, even if items are left. Does not wait.
---@return boolean
---@nodiscard
function Queue:is_closed() end

---What was given to `tm.queue`. Does not wait.
---@return number capacity integer, or math.huge
---@nodiscard
function Queue:capacity() end

---Does not wait.
---@return tidemill.QueueStats
---@nodiscard
function Queue:stats() end

-- Pipes -----------------------------------------------------------------------------------------

---One end of a pipe: it receives what the other end sends. As an iterator it receives until the
---other end is closed and nothing is left: `for value, ... in pipe_end do`. As a `<close>` variable
---it is closed at the end of the block.
---@class tidemill.PipeEnd
---@overload fun(): any, ...
local PipeEnd = {}

---@class tidemill.PipeOptions
---@field duplex? boolean default true; false: the first end only receives, the second only sends
---@field capacity? number messages on the way in each direction, or math.huge; default 64
---@field name? string for `tostring` and errors

---Does not wait.
---@param options? tidemill.PipeOptions
---@return tidemill.PipeEnd
---@return tidemill.PipeEnd
---@nodiscard
function tm.pipe(options) end

---Sends a copy of the values as one message to the other end; waits while there is no room. Raises
---`closed`, `transfer`, `cancelled`.
---@param value any not nil
---@param ... any
---@return true
function PipeEnd:send(value, ...) end

---Receives the next message; waits until there is one. `nil, "timeout"`, or `nil, "closed"` if an
---end is closed and nothing is left. Raises `cancelled`, and what unpacking the message raises:
---`transfer`.
---@param timeout? number seconds
---@return any value nil: there was none
---@return any ... further values, or the reason
function PipeEnd:recv(timeout) end

---True if `recv` would not have to wait, for a message or because of the end. Takes nothing. Waits
---only if a timeout is given.
---@param timeout? number seconds; default 0
---@return boolean
function PipeEnd:poll(timeout) end

---Closes this end: what it has sent is still received, what is on the way to it is dropped. May be
---called again. Does not wait.
function PipeEnd:close() end

-- Mutexes ---------------------------------------------------------------------------------------

---Held by one task at a time, of any worker; those who wait get it in order. As a `<close>`
---variable it is unlocked at the end of the block.
---@class tidemill.Mutex
local Mutex = {}

---@class tidemill.MutexOptions
---@field recursive? boolean the holder may lock it again; default false
---@field name? string for `tostring` and errors

---Does not wait.
---@param options? tidemill.MutexOptions
---@return tidemill.Mutex
---@nodiscard
function tm.mutex(options) end

---Waits until the task holds it: `local _ <close> = mutex:lock()`. Raises `timeout`, `deadlock`,
---`broken`, `cancelled`.
---@param timeout? number seconds
---@return tidemill.Mutex self
function Mutex:lock(timeout) end

---True if the task holds it now. Waits only if a timeout is given. Raises `broken`, `cancelled`.
---@param timeout? number seconds; default 0
---@return boolean
function Mutex:try_lock(timeout) end

---Gives it to whoever waits longest. Raises if the task does not hold it. Does not wait.
function Mutex:unlock() end

---Locks, calls `fn(...)`, unlocks, also when `fn` raises. May wait.
---@param fn function
---@param ... any
---@return any ... the results of `fn`
function Mutex:with(fn, ...) end

---True if any task holds it. Does not wait.
---@return boolean
---@nodiscard
function Mutex:locked() end

---The task that holds it, if one does. Does not wait.
---@return tidemill.Task?
---@nodiscard
function Mutex:owner() end

---Takes it, after its owner has ended without unlocking it, and makes it sound. Raises if it is not
---broken. Does not wait.
---@return tidemill.Mutex self
function Mutex:repair() end

-- Semaphores ------------------------------------------------------------------------------------

---A number of permits that tasks of any worker take and give; those who wait get one in order.
---As a `<close>` variable it is released at the end of the block.
---@class tidemill.Semaphore
local Semaphore = {}

---@class tidemill.SemaphoreOptions
---@field bounded? boolean there may never be more permits than at the start; default false
---@field name? string for `tostring` and errors

---Does not wait.
---@param n? integer permits at the start, 0 or more; default 1
---@param options? tidemill.SemaphoreOptions
---@return tidemill.Semaphore
---@nodiscard
function tm.semaphore(n, options) end

---Waits until the task has a permit: `local _ <close> = semaphore:acquire()`. Raises `timeout`,
---`cancelled`.
---@param timeout? number seconds
---@return tidemill.Semaphore self
function Semaphore:acquire(timeout) end

---True if the task has a permit now. Waits only if a timeout is given.
---@param timeout? number seconds; default 0
---@return boolean
function Semaphore:try_acquire(timeout) end

---Adds permits, for those who wait longest. Any task may. Raises if a bounded semaphore would have
---too many. Does not wait.
---@param n? integer 1 or more; default 1
function Semaphore:release(n) end

---Acquires, calls `fn(...)`, releases, also when `fn` raises. May wait.
---@param fn function
---@param ... any
---@return any ... the results of `fn`
function Semaphore:with(fn, ...) end

---The permits nobody has. Does not wait.
---@return integer
---@nodiscard
function Semaphore:value() end

-- Events ----------------------------------------------------------------------------------------

---A flag that tasks of any worker wait for.
---@class tidemill.Event
local Event = {}

---Not set. Does not wait.
---@return tidemill.Event
---@nodiscard
function tm.event() end

---Waits until it is set: false if the time was up. Raises `cancelled`.
---@param timeout? number seconds
---@return boolean
function Event:wait(timeout) end

---Releases everybody who waits now, even if `clear` follows at once. Does not wait.
function Event:set() end

---Does not wait.
function Event:clear() end

---Does not wait.
---@return boolean
---@nodiscard
function Event:is_set() end

-- Latches ---------------------------------------------------------------------------------------

---A count of what is still to be done; zero releases those who wait.
---@class tidemill.Latch
local Latch = {}

---Does not wait.
---@param n? integer the count at the start, 0 or more; default 0
---@return tidemill.Latch
---@nodiscard
function tm.latch(n) end

---Counts up. Does not wait.
---@param n? integer 0 or more; default 1
function Latch:add(n) end

---Counts down; raises if the count would become negative. Does not wait.
---@param n? integer 0 or more; default 1
function Latch:done(n) end

---Waits until the count is zero: false if the time was up. Raises `cancelled`.
---@param timeout? number seconds
---@return boolean
function Latch:wait(timeout) end

---Does not wait.
---@return integer
---@nodiscard
function Latch:count() end

-- Shared data -----------------------------------------------------------------------------------

---@alias tidemill.ElementType "f64"|"f32"|"i64"|"i32"|"u8"

---Numbers of one type in memory that all workers share. Any task may read and write any element at any
---time: each is read and written whole. Ranges `i` to `j` are all of it by default; negative ends count from
---the end, those outside raise. Nothing waits.
---@class tidemill.Buffer
---@field [integer] number from 1 to `#buffer`; other indices raise
---@operator len: integer
local Buffer = {}

---Raises if an element does not fit, or there is not so much memory.
---@param source integer|number[]|string|tidemill.Buffer so many zeros; or the elements; or their bytes
---@param type tidemill.ElementType
---@return tidemill.Buffer
---@nodiscard
function tm.buffer(source, type) end

---The elements i to j, in the same memory.
---@param i? integer
---@param j? integer
---@return tidemill.Buffer
---@nodiscard
function Buffer:slice(i, j) end

---Writes `value` to all elements of the range.
---@param value number
---@param i? integer
---@param j? integer
---@return tidemill.Buffer self
function Buffer:fill(value, i, j) end

---Copies elements i to j of `source` into this buffer, converting each. Raises at one that does not fit; those
---before it are copied.
---@param source tidemill.Buffer|number[]
---@param at? integer where the first one goes; default 1
---@param i? integer
---@param j? integer
---@return tidemill.Buffer self
function Buffer:copy(source, at, i, j) end

---Exact for integers, beyond 64 bits wrapping around; floats are added pairwise.
---@param i? integer
---@param j? integer
---@return number
---@nodiscard
function Buffer:sum(i, j) end

---Nil if the range is empty, NaN if an element is.
---@param i? integer
---@param j? integer
---@return number?
---@nodiscard
function Buffer:min(i, j) end

---Nil if the range is empty, NaN if an element is.
---@param i? integer
---@param j? integer
---@return number?
---@nodiscard
function Buffer:max(i, j) end

---Adds to an element in one step, so that none of several additions is lost. Raises if the sum does not
---fit; i64 wraps around.
---@param i integer
---@param n number
---@return number new the new value
function Buffer:add(i, n) end

---The bytes of the elements, as they lie in memory.
---@param i? integer
---@param j? integer
---@return string
---@nodiscard
function Buffer:tostring(i, j) end

---The elements as a list.
---@param i? integer
---@param j? integer
---@return number[]
---@nodiscard
function Buffer:totable(i, j) end

---@return tidemill.ElementType
---@nodiscard
function Buffer:type() end

---How many bytes the elements take.
---@return integer
---@nodiscard
function Buffer:bytes() end

-- Conditions ------------------------------------------------------------------------------------

---Waiting with a mutex held for what others change under it; it has the methods of its mutex.
---As a `<close>` variable the mutex is unlocked at the end of the block.
---@class tidemill.Condition : tidemill.Mutex
local Condition = {}

---Does not wait.
---@param mutex? tidemill.Mutex default one of its own
---@return tidemill.Condition
---@nodiscard
function tm.condition(mutex) end

---Waits until the task holds the mutex. Raises `timeout`, `deadlock`, `cancelled`.
---@param timeout? number seconds
---@return tidemill.Condition self
function Condition:lock(timeout) end

---Releases the mutex, waits for a notification, takes the mutex again however that ends: false if
---the time was up. Raises if the task does not hold the mutex; `cancelled`.
---@param timeout? number seconds
---@return boolean notified
function Condition:wait(timeout) end

---Waits until `predicate()` is true, asking after every notification: false if the time was up.
---@param predicate fun(): any called with the mutex held
---@param timeout? number seconds for all of it
---@return boolean
function Condition:wait_for(predicate, timeout) end

---Wakes those who wait longest; they go on once the caller, who must hold the mutex, has unlocked it.
---Does not wait.
---@param n? integer 0 or more; default 1
function Condition:notify(n) end

---Wakes all who wait. The caller must hold the mutex. Does not wait.
function Condition:notify_all() end

-- Read-write locks ------------------------------------------------------------------------------

---Many readers or one writer, served in order. As a `<close>` variable it is unlocked at the end of
---the block.
---@class tidemill.RwLock
local RwLock = {}

---Does not wait.
---@return tidemill.RwLock
---@nodiscard
function tm.rwlock() end

---Waits until the task may read; it may again if it does already. Raises `timeout`, `deadlock`,
---`broken`, `cancelled`.
---@param timeout? number seconds
---@return tidemill.RwLock self
function RwLock:read(timeout) end

---Waits until the task alone may write. Raises `timeout`, `deadlock`, `broken`, `cancelled`.
---@param timeout? number seconds
---@return tidemill.RwLock self
function RwLock:write(timeout) end

---True if the task may read now. Waits only if a timeout is given.
---@param timeout? number seconds; default 0
---@return boolean
function RwLock:try_read(timeout) end

---True if the task may write now. Waits only if a timeout is given.
---@param timeout? number seconds; default 0
---@return boolean
function RwLock:try_write(timeout) end

---Ends what `read` or `write` began. Raises if that is nothing. Does not wait.
function RwLock:unlock() end

---Takes a broken lock for writing, sound again. Raises if it is not broken. Does not wait.
---@return tidemill.RwLock self
function RwLock:repair() end

-- Barriers --------------------------------------------------------------------------------------

---Where a fixed number of tasks wait for each other, round after round.
---@class tidemill.Barrier
local Barrier = {}

---@class tidemill.BarrierOptions
---@field action? fun() called once per round by the task that comes last, before any is released
---@field timeout? number seconds, for a `wait` without a timeout

---Does not wait.
---@param n integer parties, 1 or more
---@param options? tidemill.BarrierOptions
---@return tidemill.Barrier
---@nodiscard
function tm.barrier(n, options) end

---Waits until all parties have come. Raises `timeout` (the others get `broken`), `broken`,
---`cancelled`, and what the action raises.
---@param timeout? number seconds
---@return integer index 0 to n - 1, in the order of arrival
function Barrier:wait(timeout) end

---Breaks it for those who wait and all who come, until `reset`. Does not wait.
function Barrier:abort() end

---Breaks it for those who wait; then it is as new. Does not wait.
function Barrier:reset() end

---Does not wait.
---@return integer
---@nodiscard
function Barrier:parties() end

---How many wait for the round to be complete. Does not wait.
---@return integer
---@nodiscard
function Barrier:waiting() end

-- Limiters --------------------------------------------------------------------------------------

---A number of tokens, at most one for a task; the number can be changed. As a `<close>` variable the
---token is given back at the end of the block.
---@class tidemill.Limiter
local Limiter = {}

---Does not wait.
---@param n integer tokens, 0 or more
---@return tidemill.Limiter
---@nodiscard
function tm.limiter(n) end

---Waits until the task has a token. Raises `timeout`, `deadlock`, `cancelled`.
---@param timeout? number seconds
---@return tidemill.Limiter self
function Limiter:acquire(timeout) end

---True if the task has got a token. Waits only if a timeout is given.
---@param timeout? number seconds; default 0
---@return boolean
function Limiter:try_acquire(timeout) end

---Gives the task's token back. Raises if it has none. Does not wait.
function Limiter:release() end

---Changes the number of tokens; takes nobody's away. Does not wait.
---@param n integer 0 or more
function Limiter:resize(n) end

---Tokens that tasks have. Does not wait.
---@return integer
---@nodiscard
function Limiter:borrowed() end

---Tokens there are. Does not wait.
---@return integer
---@nodiscard
function Limiter:total() end

-- Once ------------------------------------------------------------------------------------------

---Something that the first who asks for it does.
---@class tidemill.Once
local Once = {}

---Does not wait.
---@return tidemill.Once
---@nodiscard
function tm.once() end

---The first caller runs `fn(...)`; all get its results or its error. If its task is cancelled in it
---the next that waits runs its own. May wait. Raises `deadlock`, `transfer`, `cancelled`.
---@param fn function
---@param ... any
---@return any ... the results of the one call
function Once:call(fn, ...) end

-- Shared data -----------------------------------------------------------------------------------

---Copies a table, and all tables in it, into memory that every worker shares and nobody can change.
---It is read like a table and travels without being copied. Raises `transfer`, with the path, for
---what could change: script functions, tables with a metatable, userdata. Does not wait.
---@generic T : table
---@param t T
---@return T
function tm.freeze(t) end

---Registers a metatable under a name: objects arrive with the metatable that the receiver has by that
---name. Put the class in a module, which the receiver loads when it needs it. Raises if another chunk
---has taken the name. Does not wait.
---@generic T : table
---@param name string 1 to 255 characters
---@param metatable T
---@return T metatable
function tm.class(name, metatable) end

---A number that tasks of any worker change in one step. None of its methods waits.
---@class tidemill.Atomic
local Atomic = {}

---Does not wait.
---@param n? number default 0
---@return tidemill.Atomic
---@nodiscard
function tm.atomic(n) end

---@return number
---@nodiscard
function Atomic:get() end

---@param n number
function Atomic:set(n) end

---Stores `n`.
---@param n number
---@return number old
function Atomic:swap(n) end

---Adds as Lua's `+` does.
---@param n? number default 1
---@return number new
function Atomic:add(n) end

---Subtracts as Lua's `-` does.
---@param n? number default 1
---@return number new
function Atomic:sub(n) end

---Stores `n` if it is larger.
---@param n number
---@return number new
function Atomic:max(n) end

---Stores `n` if it is smaller.
---@param n number
---@return number new
function Atomic:min(n) end

---Stores `new` if the number equals `old`: whether it did.
---@param old number
---@param new number
---@return boolean
function Atomic:cas(old, new) end

---@alias tidemill.Key string|number|boolean|userdata not NaN; a userdata is a handle

---A table that all workers share; each operation is one step. Values are copied when they are put in
---and taken out. `pairs` visits the keys that there are when the loop begins. None of its methods waits.
---@class tidemill.Dict
---@operator len: integer
local Dict = {}

---Does not wait.
---@return tidemill.Dict
---@nodiscard
function tm.dict() end

---@param key tidemill.Key
---@param default? any for a key that is not there
---@return any
---@nodiscard
function Dict:get(key, default) end

---Raises `transfer`.
---@param key tidemill.Key
---@param value any nil deletes
function Dict:set(key, value) end

---Whether the key was there.
---@param key tidemill.Key
---@return boolean
function Dict:delete(key) end

---Adds to the number under the key, or to 0. Raises if the value is not a number.
---@param key tidemill.Key
---@param n? number default 1
---@return number new
function Dict:incr(key, n) end

---Stores what `fn(value)` returns; calls it again if the key has changed meanwhile, also by `fn`
---itself. `fn` must not wait; if it raises nothing is changed. Raises `transfer`.
---@param key tidemill.Key
---@param fn fun(value: any): any nil deletes
---@return any new
function Dict:update(key, fn) end

---Stores `new` if the value under the key equals `old`: whether it did. nil stands for a key that is
---not there. Raises `transfer`.
---@param key tidemill.Key
---@param old nil|boolean|number|string|userdata|table a table must be a frozen one
---@param new any
---@return boolean
function Dict:cas(key, old, new) end

---The keys of one moment, in no order.
---@return tidemill.Key[]
---@nodiscard
function Dict:keys() end

---The number of keys, as `#`.
---@return integer
---@nodiscard
function Dict:len() end

---Removes the keys that are there, one after the other.
function Dict:clear() end

-- Pools -----------------------------------------------------------------------------------------

---Workers, threads with a Lua state each, that run jobs in parallel. As a `<close>` variable it is
---closed at the end of the block.
---@class tidemill.Pool
local Pool = {}

---@class tidemill.PoolOptions
---@field workers? integer 1 to 4096; default one per usable CPU
---@field name? string for `tostring`, errors and the threads; default "pool"
---@field queue? number jobs that may wait to be started, 1 or more; default no limit
---@field kind? "thread"|"inline" inline: jobs run in the state of whoever submits them; default "thread"
---@field init? fun() called by each worker before its first job; what it defines every job there sees
---@field memory_limit? number bytes for the Lua state of each worker, at least 2^20; default no limit
---@field order? "fifo"|"priority" in which jobs start; default "fifo"
---@field max_jobs_per_worker? number after which a worker gets a fresh Lua state, 1 or more; default never

---How long something took, in seconds; 0 if there was nothing yet.
---@class tidemill.Durations
---@field count integer
---@field mean number
---@field p50 number within 1/16
---@field p99 number within 1/16
---@field max number

---@class tidemill.PoolStats
---@field workers integer how many the pool may have
---@field started integer how many it has started, without those that a resize has sent to sleep
---@field queued integer jobs that have not started
---@field open integer jobs that have not ended
---@field completed integer jobs that have ended
---@field broken boolean its init has failed
---@field failed integer of those
---@field cancelled integer of those
---@field queue_time tidemill.Durations from submission to the start
---@field service_time tidemill.Durations from the start to the end
---@field utilisation? number 0 to 1; nil for a pool without workers of its own
---@field arrival_rate number jobs per second
---@field busy number[] per worker ever started, seconds in which it was not idle

---Does not wait. Workers are started when there are jobs for them.
---@param options? tidemill.PoolOptions
---@return tidemill.Pool
---@nodiscard
function tm.pool(options) end

---Makes a job that runs a copy of `fn` on a worker. Waits for a place if the pool has a `queue`
---limit. Raises `transfer`, `closed`, `cancelled`.
---@param fn function
---@param ... any arguments, copied
---@return tidemill.Task
function Pool:submit(fn, ...) end

---As `submit`, but does not wait: `nil, "full"` if the queue is full.
---@param fn function
---@param ... any
---@return tidemill.Task?
---@return "full"? reason
function Pool:try_submit(fn, ...) end

---@class tidemill.JobSpec
---@field [1] function
---@field [integer] any its arguments, copied
---@field n? integer length of the list, function included; default its border
---@field name? string shown in messages, the log and tm.tasks
---@field priority? number the lowest first, in a pool with order = "priority"; default 0
---@field timeout? number seconds for each attempt, from its start; default no limit
---@field retries? integer further attempts after a failure; default 0

---As `submit`, with options: `pool:job { fn, args..., timeout = 5, retries = 2 }`.
---@param spec tidemill.JobSpec
---@return tidemill.Task
function Pool:job(spec) end

---@alias tidemill.Items
---| any[]             # elements 1 to #items
---| tidemill.Buffer   # likewise
---| integer           # the integers 1 to n
---| tidemill.Channel  # its messages until it is closed
---| tidemill.Queue    # its items until it is shut down
---| tidemill.PipeEnd  # its messages until the other end is closed
---| fun(): any        # its results until nil

---@class tidemill.MapOptions
---@field chunk? integer items per job; default: about a millisecond of work, at most 4096
---@field buffer? integer items taken and not consumed yet; default three chunks per worker
---@field ordered? boolean false: results are given as they come; default true
---@field errors? "raise"|"return" "return": a failed item gives `index, nil, err`; default "raise"
---@field timeout? number seconds for the whole map, from its call on; then it raises `timeout`
---@field progress? boolean|string a progress bar of the items that are done, with this label

---The results of a map, made as they are consumed, in the order of the items unless `ordered` is
---false. As a `<close>` variable it cancels what is left.
---@class tidemill.Map
---@overload fun(): integer?, ...
local Map = {}

---Calls `fn(item)` for every item on the workers; consumed by `for index, results... in`,
---`collect`, `fold` or `each`. Does not wait itself; consuming does.
---@param fn fun(item: any): ...
---@param items tidemill.Items
---@param options? tidemill.MapOptions
---@return tidemill.Map
---@return nil
---@return nil
---@return tidemill.Map closing
function Pool:map(fn, items, options) end

---`map` on the default pool of the engine, with one worker per usable CPU.
---@param fn fun(item: any): ...
---@param items tidemill.Items
---@param options? tidemill.MapOptions
---@return tidemill.Map
---@return nil
---@return nil
---@return tidemill.Map closing
function tm.map(fn, items, options) end

---The first result of every item; with `errors = "return"` also the errors, by the index of their
---items. May wait.
---@return any[]
---@return table<integer, any>? errors
function Map:collect() end

---Calls `acc = fn(acc, value, index)` for the first result of every item, in the order in which they
---are given, in the calling task. A failed item that is returned has no value but `err`. May wait.
---@generic T
---@param start T
---@param fn fun(acc: T, value: any, index: integer, err: any): T
---@return T
function Map:fold(start, fn) end

---Calls `fn(value, index)` for the first result of every item, in the order in which they are given,
---in the calling task. A failed item that is returned has no value but `err`. May wait.
---@param fn fun(value: any, index: integer, err: any)
function Map:each(fn) end

---Changes how many workers the pool has; nothing is lost. Does not wait.
---@param workers integer 1 to 4096
function Pool:resize(workers) end

---No more jobs; waits until those submitted and the workers have ended. With `cancel` the queued
---ones never start, those that run are cancelled, and killed when the `timeout` (seconds) has
---passed; without it `timeout` is raised then. Raises `timeout`, `deadlock`, `cancelled`.
---@param options? {timeout?: number, cancel?: boolean}
function Pool:close(options) end

---Does not wait.
---@return tidemill.PoolStats
---@nodiscard
function Pool:stats() end

-- Pipelines -------------------------------------------------------------------------------------

---A description of what is to run: source → stages → sink. Every method but `run` and `report` adds
---to it and returns it. Nothing runs before `run`.
---@class tidemill.Pipeline
local Pipeline = {}

---An empty pipeline.
---@param name? string for errors and the report; default "pipeline"
---@return tidemill.Pipeline
function tm.pipeline(name) end

---Where the items come from, taken in the state of whoever runs the pipeline. An iterator may have the
---four values of a generic `for`; the first value that it gives is the item.
---@param items tidemill.Items
---@param state? any
---@param control? any
---@param closing? any closed at the end of the run
---@return tidemill.Pipeline self
function Pipeline:source(items, state, control, closing) end

---@class tidemill.StageOptions
---@field workers? integer copies that work at the same time; default 1
---@field ordered? boolean false: items come out as they are done; default true

---`fn(item)` gives the item that goes on; nil drops it. With one worker it may keep state in captured
---variables.
---@param name string
---@param fn fun(item: any): any
---@param options? tidemill.StageOptions
---@return tidemill.Pipeline self
---@overload fun(self: tidemill.Pipeline, fn: (fun(item: any): any), options?: tidemill.StageOptions): tidemill.Pipeline
function Pipeline:stage(name, fn, options) end

---Passes on the items for which `fn(item)` is true.
---@param name string
---@param fn fun(item: any): any
---@param options? tidemill.StageOptions
---@return tidemill.Pipeline self
---@overload fun(self: tidemill.Pipeline, fn: (fun(item: any): any), options?: tidemill.StageOptions): tidemill.Pipeline
function Pipeline:filter(name, fn, options) end

---Makes any number of items of one: `fn` returns a list of them, or calls `emit` for each.
---@param name string
---@param fn fun(item: any, emit: fun(item: any)): any[]?
---@param options? tidemill.StageOptions
---@return tidemill.Pipeline self
---@overload fun(self: tidemill.Pipeline, fn: (fun(item: any, emit: fun(item: any)): any[]?), options?: tidemill.StageOptions): tidemill.Pipeline
function Pipeline:flat(name, fn, options) end

---From here on the items are lists of `n` of those before; the last may be shorter.
---@param n integer
---@return tidemill.Pipeline self
function Pipeline:batch(n) end

---Calls `fn(item)` at the end, in the task that runs the pipeline.
---@param name string
---@param fn fun(item: any)
---@return tidemill.Pipeline self
---@overload fun(self: tidemill.Pipeline, fn: fun(item: any)): tidemill.Pipeline
function Pipeline:sink(name, fn) end

---`acc = fn(acc, item)` for each, beginning with `init` or, if that is a function, with what it
---gives; the last is `report.result`.
---@param name string
---@param init any
---@param fn fun(acc: any, item: any): any
---@return tidemill.Pipeline self
---@overload fun(self: tidemill.Pipeline, init: any, fn: fun(acc: any, item: any): any): tidemill.Pipeline
function Pipeline:fold(name, init, fn) end

---`report.result` becomes the list of all.
---@return tidemill.Pipeline self
function Pipeline:collect() end

---@class tidemill.PipelineToOptions
---@field close? boolean closes it at the end of the run, however that ends; default false

---Sends each item on.
---@param channel tidemill.Channel|tidemill.Queue|tidemill.PipeEnd
---@param options? tidemill.PipelineToOptions
---@return tidemill.Pipeline self
function Pipeline:to(channel, options) end

---@class tidemill.PipelineOptions
---@field buffer? integer items there may be between two parts; default 256
---@field errors? "raise"|"skip" whether the first error ends the run, or items that fail are left out
---@field timeout? number seconds
---@field progress? boolean shows a bar of the items that are dealt with
---@field chunk? integer items that travel together; default adapts to their cost
---@field name? string in the report

---@class tidemill.PipelineRow
---@field name string
---@field kind "source"|"stage"|"filter"|"flat"|"batch"|"sink"|"fold"|"collect"|"to"
---@field workers integer 0 for a batch that the one worker before it fills
---@field items_in? integer
---@field items_out? integer
---@field busy number seconds in its function, summed over the workers; as all that follow
---@field computed? number of it, without any call that may wait
---@field starved number waiting for items
---@field blocked number waiting for room behind it
---@field ready number could have gone on, but its thread ran something else
---@field rate number items in a second
---@field queue? integer the most items that were waiting for it

---@class tidemill.PipelineErrors
---@field n integer how many items were left out
---@field [integer] tidemill.Error the first of them, at most 10

---Where the time of a run went; prints as a table.
---@class tidemill.PipelineReport
---@field name string
---@field elapsed number seconds
---@field result any of `fold` and `collect`
---@field items integer taken from the source
---@field source tidemill.PipelineRow
---@field stages tidemill.PipelineRow[]
---@field sink tidemill.PipelineRow
---@field bottleneck string what held it up, and what more workers would have brought
---@field slowest? string the name of that part
---@field work number seconds that all workers were busy
---@field speedup number work / elapsed
---@field cpu number processor time of the whole program
---@field errors? tidemill.PipelineErrors with `errors = "skip"`
---@field running? true

---Runs it and waits for its end. Raises an error of kind `stage` if something fails, with `stage`,
---`index`, `item` and `error`. May wait.
---@param options? tidemill.PipelineOptions
---@return tidemill.PipelineReport
function Pipeline:run(options) end

---The state of the run under way, or of the last one at its end.
---@return tidemill.PipelineReport?
function Pipeline:report() end
-- Seeing what happens -----------------------------------------------------------------------------

---A progress bar on standard error, for every task of every worker. As a `<close>` variable it is
---closed at the end of the block.
---@class tidemill.ProgressBar
local ProgressBar = {}

---Makes and shows a bar. May wait for the terminal.
---@param total? integer how many items there will be; nil: not known
---@param label? string
---@return tidemill.ProgressBar
---@nodiscard
function tm.progress(total, label) end

---Counts up. Raises `closed`. Does not wait.
---@param n? integer 0 or more; default 1
function ProgressBar:add(n) end

---Sets the count. Raises `closed`. Does not wait.
---@param n integer 0 or more
function ProgressBar:set(n) end

---Sets how many items there will be. Raises `closed`. Does not wait.
---@param n integer|nil 0 or more; nil: not known
function ProgressBar:total(n) end

---The count, and the total if it is known. Does not wait.
---@return integer count
---@return integer? total
---@nodiscard
function ProgressBar:count() end

---Writes the last line, which stays. Idempotent. May wait for the terminal.
function ProgressBar:close() end

---Goes through a list or what an iterator gives, counts each item that is done, and closes the bar
---at the end of the loop: `for item in bar:wrap(list) do`.
---@param iterate table|function|any a list, or something to call
---@param state? any
---@param control? any
---@param closing? any
---@return fun(state: any, control: any): any, ...
---@return any state
---@return any control
---@return any closing
function ProgressBar:wrap(iterate, state, control, closing) end

---Lines in the engine's log, each with its task and worker. The values are joined by blanks.
---@class tidemill.log
tm.log = {}

---@param ... any
function tm.log.debug(...) end

---@param ... any
function tm.log.info(...) end

---@param ... any
function tm.log.warn(...) end

---@param ... any
function tm.log.error(...) end

---The least level that is shown, in the whole process; sets it if a name is given.
---@param name? "debug"|"info"|"warn"|"error"|"off"
---@return "debug"|"info"|"warn"|"error"|"off" before
function tm.log.level(name) end

---@class tidemill.Stats
---@field uptime number seconds
---@field cpus integer that the process may use
---@field rss integer bytes of memory of the process
---@field lua_memory integer bytes that this Lua state uses
---@field workers { count: integer, busy: number } busy: seconds, those of all pools together
---@field tasks { queued: integer, running: integer, waiting: integer, finishing: integer }
---@field pools tidemill.PoolStats[]

---What there is and what it has done; prints readably. Waits half a second at most. Raises
---`cancelled`.
---@return tidemill.Stats
---@nodiscard
function tm.stats() end

---@class tidemill.ModelOptions
---@field jobs? integer may be left out if `service` is a list
---@field workers integer
---@field service number|number[] seconds of a job, or of each
---@field cpus? integer how many workers can compute at a time; default all
---@field overhead? number seconds for each job beside its service; default 0
---@field serial? number the fraction of the work during which no other job runs; default 0
---@field arrival? number jobs per second; default: all are there at the beginning
---@field queue_time? number seconds that a job spends in the queue
---@field measured? number seconds that it took

---@class tidemill.PoolModelOptions
---@field cpus? integer
---@field overhead? number
---@field serial? number
---@field arrival? number
---@field measured? number

---@class tidemill.Model
---@field jobs integer
---@field workers integer
---@field service number mean, seconds
---@field longest number
---@field work number all service times with overhead
---@field makespan number
---@field lower number
---@field upper number
---@field naive number work / workers
---@field naive_error number relative to makespan
---@field speedup number
---@field speedup_limit number
---@field throughput number jobs per second
---@field utilisation number
---@field load? number
---@field in_service? number jobs
---@field in_queue? number jobs
---@field in_system? number jobs
---@field measured? number
---@field difference? number of measured from makespan, relative to that
---@field measured_utilisation? number

---How long jobs should take on a pool, by simple models, beside what was measured. Prints readably.
---Does not wait.
---@param options tidemill.ModelOptions
---@return tidemill.Model
---@overload fun(pool: tidemill.Pool, options?: tidemill.PoolModelOptions): tidemill.Model
---@nodiscard
function tm.model(options) end

-- Files -----------------------------------------------------------------------------------------

---Files, without holding up the worker. Failures are `nil, message, errno` as in `io`.
---@class tidemill.fs
tm.fs = {}

---@class tidemill.Stat
---@field type "file"|"directory"|"link"|"fifo"|"socket"|"char"|"block"|"unknown"
---@field size integer bytes
---@field mtime number last change, seconds since 1970
---@field mode integer permission bits

---@class tidemill.WalkOptions
---@field match? string|fun(path: string, stat: tidemill.Stat): any which entries to give
---@field on_error? fun(path: string, message: string, errno: integer) default: raise

---The whole file. May wait.
---@param path string
---@return string? content
---@return string? message
---@return integer? errno
function tm.fs.read(path) end

---Makes the file hold just `content`; creates it if needed. May wait.
---@param path string
---@param content string|number
---@return true? written
---@return string? message
---@return integer? errno
function tm.fs.write(path, content) end

---The lines of a file, without their "\n". May wait; raises if the file cannot be read.
---@param path string
---@return fun(): string?
---@return nil
---@return nil
---@return any closing
function tm.fs.lines(path) end

---What there is at `path`, following symbolic links. May wait.
---@param path string
---@return tidemill.Stat? stat
---@return string? message
---@return integer? errno
function tm.fs.stat(path) end

---Everything below `dir`, folders before their contents, sorted: `for path, stat in`. Symbolic
---links are not followed. Each step may wait; raises if something cannot be read.
---@param dir string
---@param options? tidemill.WalkOptions
---@return fun(): string?, tidemill.Stat
function tm.fs.walk(dir, options) end

return tm

local tm, check = require "tidemill", require "_helper"

local cancelled = tm.spawn(tm.sleep, 60)
cancelled:cancel "why"
local later = tm.spawn(tm.sleep, 60)
local outcomes = tm.settle {
  function() tm.sleep(0.003) return "slow" end,
  function() error("failed", 0) end,
  cancelled,
  function() end,
  function() error(nil) end,
  later,
  function() later:cancel() return false, "second" end,
}
check.equal({ outcomes[3].error.kind, outcomes[3].error.reason, outcomes[6].error.task == later },
  { "cancelled", "why", true })
outcomes[3].error, outcomes[6].error = nil, nil
check.equal(outcomes, {
  { ok = true, value = "slow" }, { ok = false, error = "failed" }, { ok = false }, { ok = true },
  { ok = false }, { ok = false }, { ok = true, value = false },
})
check.equal(tm.settle {}, {})

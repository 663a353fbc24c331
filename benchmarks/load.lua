-- wrk's script: wrk ... -s load.lua URL -- FILE
-- FILE has one request a line, a body to POST, or a path to GET and the ETag that one has, after a tab; each connection
-- in turn sends the next one. A body with {unique} is sent with another text in its place each time. The environment may
-- hold BENCH_AUTHORIZATION, a header. Prints one line of JSON at the end.
local requests = {}
local at = 0
local run = string.format("%d-%d", os.time(), math.floor(os.clock() * 1e6))
local headers = { ["Content-Type"] = "application/json", ["Authorization"] = os.getenv("BENCH_AUTHORIZATION") }

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, tag = line:match("^(/[^\t]*)\t?(.*)$")
    if path then
      requests[#requests + 1] = wrk.format("GET", path, tag ~= "" and { ["If-None-Match"] = tag } or nil)
    elseif line:find("{unique}", 1, true) then
      requests[#requests + 1] = { line:match("^(.*){unique}(.*)$") }
    else
      requests[#requests + 1] = wrk.format("POST", nil, headers, line)
    end
  end
end

function request()
  at = at + 1
  local found = requests[(at - 1) % #requests + 1]
  if type(found) == "table" then
    return wrk.format("POST", nil, headers, string.format("%s%s-%d%s", found[1], run, at, found[2]))
  end
  return found
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "bytes": %d, "failed": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)
  ))
end

-- wrk's script: wrk ... -s load.lua URL -- FILE
-- FILE has one request a line, a body to POST, or a path to GET and the ETag that one has, after a tab; each connection
-- in turn sends the next one. Prints one line of JSON at the end.
local requests = {}
local at = 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, tag = line:match("^(/[^\t]*)\t?(.*)$")
    if path then
      requests[#requests + 1] = wrk.format("GET", path, tag ~= "" and { ["If-None-Match"] = tag } or nil)
    else
      requests[#requests + 1] = wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, line)
    end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
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

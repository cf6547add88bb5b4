-- wrk: asks for the paths of the file in $PATHS, one after the other, and tells the result as JSON.
local paths = {}
for line in io.lines(os.getenv("PATHS")) do
  paths[#paths + 1] = line
end
local turn = 0

request = function()
  turn = turn % #paths + 1
  return wrk.format("GET", paths[turn])
end

done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('RESULT {"requests": %d, "seconds": %.4f, "median_us": %d, "errors": %d}\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50), e.connect + e.read + e.write + e.status + e.timeout))
end

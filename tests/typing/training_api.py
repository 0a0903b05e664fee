"""What a type checker or an editor sees of nn, optim, data, training and vision: see public_api."""

from typing import Any, assert_type

import tracegrad as tg
from tracegrad import nn
from tracegrad.data import DataLoader, TensorDataset, random_split
from tracegrad.training import Evaluation, Fitted, LRSearch, Recipe, callbacks, lr_finder, metrics
from tracegrad.vision import datasets, transforms

# -- modules ---------------------------------------------------------------------------------------

lstm = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)
assert_type(lstm.eval(), nn.LSTM)
assert_type(lstm.to(tg.float64), nn.LSTM)
assert_type(nn.utils.clip_grad_norm_(lstm.parameters(), 1.0), tg.Tensor)
packed = nn.utils.rnn.pack_padded_sequence(tg.ones(2, 5, 3), [5, 3], batch_first=True)
assert_type(packed.data, tg.Tensor)
for name, parameter in lstm.named_parameters():
    assert_type(name, str)
    assert_type(parameter, nn.Parameter)
for module in lstm.modules():
    assert_type(module, nn.Module)

# -- optimizers, data ------------------------------------------------------------------------------

optimizer = tg.optim.LBFGS(lstm.parameters(), line_search_fn="strong_wolfe")
schedule = tg.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
schedule.step()
data = TensorDataset(tg.ones(8, 3), tg.zeros(8))
first, second = random_split(data, [0.5, 0.5])
loader: DataLoader[Any] = DataLoader(first, batch_size=2, shuffle=True, num_workers=2)
assert_type(len(loader), int)

# -- training --------------------------------------------------------------------------------------


class Stop(tg.training.Callback):
    def on_epoch_end(self, ctx: tg.training.Context) -> None:
        assert_type(ctx.epoch, int)
        assert_type(ctx.model, nn.Module)
        ctx.stop("enough")


recipe = tg.training.setup(
    nn.Linear, loss=nn.MSELoss(), optimizer=tg.optim.Adam, metrics=[metrics.MAE()]
)
assert_type(recipe, Recipe)
assert_type(recipe.set_hparams(in_features=3), Recipe)
fitted = recipe.fit(
    data, 2, valid_data=0.25, callbacks=[Stop(), callbacks.EarlyStopping(patience=2)]
)
assert_type(fitted, Fitted)
assert_type(fitted.evaluate(data), Evaluation)
assert_type(fitted.evaluate(data)["loss"], float)
assert_type(tg.training.load("net.fit", recipe), Fitted)
assert_type(lr_finder(recipe, data), LRSearch)
assert_type(lr_finder(recipe, data).suggestion, float | None)

# -- images, findings ------------------------------------------------------------------------------

images = datasets.FakeData(10, transform=transforms.Compose([transforms.ToTensor()]))
assert_type(len(images), int)
assert_type(tg.vision.utils.make_grid(tg.ones(4, 3, 8, 8)), tg.Tensor)
with tg.record() as trace:
    pass
assert_type(tg.diagnose.report(trace), str)
assert_type(tg.diagnose.findings(trace), list[tg.diagnose.Finding])
